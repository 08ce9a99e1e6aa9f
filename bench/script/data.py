"""The data of a script: loading, examples that are in both splits, and the draw of a seed."""

from __future__ import annotations

from bench.core.recipe import Recipe
from bench.data import text as text_data
from bench.data.prepared import PUBLISHED
from bench.data.repeated import COMPARED_TOKENS
from bench.script.looking import is_published
from bench.script.pieces import Pieces
from bench.script.step import Plan, values
from bench.tasks.task import Task

LOAD_IMAGES = '''\
def load_data():
    """Load {title}: images uint8 and labels of the training and of the test split."""
    import tensorflow_datasets as tfds

    splits = tfds.load("{name}", split=["train", "test"], batch_size=-1, as_supervised=True)
    return tfds.as_numpy(splits)
'''

LOAD_TEXTS = '''\
def load_data():
    """Load {title}: token ids and labels of the training and of the test split."""
    import tensorflow_datasets as tfds

    loaded = tfds.load("{name}", split=["train", "test"], batch_size=-1, as_supervised=True)
    splits = [
        ([{words}(text.decode("utf-8", "replace")) for text in texts], labels)
        for texts, labels in tfds.as_numpy(loaded)
    ]
    ids = {vocabulary}(splits[0][0], VOCABULARY)
    return [({encode}(texts, ids, LENGTH, ENDS)[0], labels) for texts, labels in splits]
'''

LOAD_YOURS = '''\
def load_data():
    """Load your data: {shape} and labels, of training and of test examples.

    Labels are whole numbers from 0. The study was measured on {name}, which this script
    cannot load for you.
    """
    raise NotImplementedError("return ({raw}, labels), (test_{raw}, test_labels)")
'''

UNSEEN = '''\
def unseen({raw}, labels, test_{raw}):
    """Leave out the training examples that occur in the test split too.

    {rule}
    """

    def digests(examples):
        return [sha256(example.tobytes()).digest() for example in examples]

    tested = set(digests(test_{raw}{part}))
    kept = np.array([digest not in tested for digest in digests({raw}{part})])
    return {raw}[kept], labels[kept]
'''

SPLIT = '''\
def split(labels):
    """Draw the rows of training and validation examples, with the share of each class in both.

    {seeds}
    """
    random = np.random.default_rng(seed_of({seed}"training examples"))
    place = np.empty(len(labels))  # of each example; those of a class are spread evenly
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        rows = rows[np.argsort(random.random(len(rows)))]
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    order = np.lexsort((labels, place))
    return order[:TRAIN_EXAMPLES], order[TRAIN_EXAMPLES : TRAIN_EXAMPLES + VALIDATION_EXAMPLES]
'''

MAIN = '''\
def main():
    """Train once, and print the accuracy on the test split{tested}."""
    global SEED, STEPS
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--steps", type=int, default=STEPS, help="length of the training")
    options = parser.parse_args()
    SEED, STEPS = options.seed, options.steps
    ({raw}, labels), (test_{raw}, test_labels) = load_data()
{numbers}\
    {raw}, labels = unseen({raw}, labels, test_{raw})
    rows, held_out = split(labels)
    network = train({raw}[rows], labels[rows]{validation})
    for name, examples in (
        ("validation", ({raw}[held_out], labels[held_out])),
        ("test", (test_{raw}, test_labels)),
    ):
        accuracy, loss = evaluate(network, *examples)
        print(f"{{name}} accuracy {{accuracy:.2%}}, negative log-likelihood {{loss:.4f}}")


if __name__ == "__main__":
    main()
'''

NUMBERS = """\
    # Labels of any whole type, and a column of them.
    labels, test_labels = (np.asarray(each, np.int64).reshape(-1) for each in (labels, test_labels))
"""


def loading(
    task: Task, data: str, plan: Plan, recipe: Recipe, pieces: Pieces, to_fill_in: list[str]
) -> list[str]:
    """Write the functions that load the data and choose the examples of a training.

    Args:
        data: identity of the study's data.
        to_fill_in: receives what the reader has to write.
    """
    raw = values(plan)
    if plan.is_text:
        part = f"[:, :{COMPARED_TOKENS}]"
        rule = f"Two texts are the same if their first {COMPARED_TOKENS} tokens are."
    else:
        part, rule = "", "Two images are the same if all their pixels are."
    seed, seeds = (
        "SEED, ",
        "Each seed draws its own. So did the study, from another order of the data.",
    )
    if not recipe.resample:
        seed, seeds = (
            "",
            "All seeds share them, as in the study, which had another order of the data.",
        )
    return [
        *_load(task, data, plan, pieces, to_fill_in),
        UNSEEN.format(raw=raw, rule=rule, part=part),
        SPLIT.format(seed=seed, seeds=seeds),
    ]


def _load(task: Task, data: str, plan: Plan, pieces: Pieces, to_fill_in: list[str]) -> list[str]:
    raw = values(plan)
    origin, _, name = data.partition(":")
    if not is_published(task):
        to_fill_in.append("load_data: your data")
        shape = (
            "token ids int32 [N, T], padded with 0"
            if plan.is_text
            else f"{plan.pixels} [N, H, W, C]"
        )
        return [LOAD_YOURS.format(shape=shape, raw=raw, name=data)]
    title = name.partition(":")[0]
    name = name if origin == "tfds" else title
    if not plan.is_text:
        return [LOAD_IMAGES.format(title=title, name=name)]
    pieces.blocks.clear()
    functions = {
        f.__name__: pieces.include(f)
        for f in (text_data.words, text_data.vocabulary, text_data.encode)
    }
    return [*pieces.blocks, LOAD_TEXTS.format(title=title, name=name, **functions)]


def main(task: Task, data: str, plan: Plan, recipe: Recipe) -> str:
    """Write the function `main`."""
    raw = values(plan)
    validation = f", ({raw}[held_out], labels[held_out])" if plan.having("stopping") else ""
    numbers = "" if is_published(task) else NUMBERS
    published = PUBLISHED.get(data.split(":")[1].partition("/")[0]) if ":" in data else None
    there = published.examples if is_published(task) and published else None
    fewer = there is not None and recipe.test_examples < there[1]
    tested = f", of which the study took {recipe.test_examples} examples" if fewer else ""
    return MAIN.format(raw=raw, validation=validation, numbers=numbers, tested=tested)
