def predict(name: str = "world") -> str:
    return f"Hello, {name}!"
