from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

flowers = load_iris()
names = flowers.target_names[flowers.target]
known, unseen, known_names, unseen_names = train_test_split(
    flowers.data, names, test_size=0.2, random_state=1
)
model = LogisticRegression(max_iter=1000).fit(known, known_names)
print(f"accuracy on {len(unseen)} held-out flowers: {model.score(unseen, unseen_names):.1%}")
joblib.dump(model, Path(__file__).with_name("model.joblib"))
