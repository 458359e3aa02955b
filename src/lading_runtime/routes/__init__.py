"""What is answered where, in the front: routes, health, metrics, pages. Start at `application.py`.

Never sees the user's code: a prediction is handed to the workers as it came.
"""
