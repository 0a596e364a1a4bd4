"""Reads datasets with the programs that they are made for.

    python .ci/consumers.py DIR...

For each directory, which quickstart has written: `datasets` loads every config and
split, whole and streaming, and gives the rows that the files hold, with the types
that the card declares; pyarrow infers types from the first 10 MB; TRL finds its own
format; Axolotl's schema accepts both configurations, its loader loads what they
name, and its prompt strategies make token ids of rows.

What is not there: models, GPUs, and PyTorch. TRL's and Axolotl's code that reads data
runs as it is; where Axolotl imports PyTorch, accelerate or requests on the way, it gets an
empty stand-in, so that nothing behind the data is tried.
"""

import datetime
import glob
import importlib.machinery
import importlib.util
import io
import json
import logging
import os
import sys
import types

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import datasets
import pyarrow
import pyarrow.json
import transformers
import yaml
import zstandard
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from trl import data_utils as trl

datasets.disable_progress_bars()

SAMPLE = 50  # rows that are tokenized, of each dataset
TEN_MB = 10_000_000


class AnyAttribute(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return AnyAttribute(name, (StandIn,), {})


class StandIn(metaclass=AnyAttribute):
    """Stands for anything of a package that is not there."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):  # as a decorator
        return args[0] if args else self


class AbsentPackages:
    """Makes empty modules of PyTorch and others, for Axolotl's imports."""

    names = ("torch", "accelerate", "requests")

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__path__ = []
        module.__getattr__ = self.attribute
        return module

    @staticmethod
    def attribute(name):
        if name.startswith("__"):
            raise AttributeError(name)
        return AnyAttribute(name, (StandIn,), {})

    def exec_module(self, module):
        pass


sys.meta_path.append(AbsentPackages())
import torch

torch.cuda = types.SimpleNamespace(is_available=lambda: False)  # checks of the machine's own GPU are for the machine


def without_init(name):
    """Lets modules of a package be imported without its __init__, which imports trainers."""
    package = types.ModuleType(name)
    package.__path__ = [os.path.join(os.path.dirname(importlib.util.find_spec("axolotl").origin), *name.split(".")[1:])]
    sys.modules[name] = package


without_init("axolotl.utils.data")
for behind in ("axolotl.utils.trainer", "axolotl.utils.samplers", "axolotl.utils.samplers.utils"):
    sys.modules[behind] = AbsentPackages().create_module(importlib.machinery.ModuleSpec(behind, None))

from axolotl.prompt_strategies import load as load_strategy
from axolotl.prompt_strategies.dpo import load as load_dpo_strategy
from axolotl.prompt_tokenizers import AlpacaPromptTokenizingStrategy
from axolotl.prompters import AlpacaPrompter
from axolotl.utils.data.shared import load_dataset_with_config
from axolotl.utils.dict import DictDefault
from axolotl.utils.schemas.config import AxolotlConfigWCapabilities
from axolotl.utils.schemas.datasets import DPODataset, SFTDataset

logging.disable(logging.WARNING)


def need(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(part) for part in what))


def shards_of(directory):
    """Gives (config, split, paths, rows) of the manifest."""
    with open(f"{directory}/manifest.json", encoding="utf-8") as file:
        manifest = json.load(file)
    for config in manifest["configs"]:
        for split in config["splits"]:
            if split["rows"]:
                yield config["name"], split["name"], [shard["path"] for shard in split["shards"]], split["rows"]


def lines_of(directory, paths):
    for path in paths:
        with open(f"{directory}/{path}", "rb") as file:
            yield from io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file))


def plain(value):
    """Gives what JSON has for a value that `datasets` gives."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items()}
    return value


def same(written, read):
    if isinstance(written, float) or isinstance(read, float):
        return abs(written - read) <= 1e-6 * abs(written)  # float32
    return written == plain(read)


def with_datasets(directory):
    total = 0
    for config, split, paths, rows in shards_of(directory):
        loaded = datasets.load_dataset(directory, config, split=split, cache_dir=f"{directory}.cache")
        streamed = datasets.load_dataset(directory, config, split=split, streaming=True)
        need(len(loaded) == rows, f"{len(loaded)} rows loaded, the manifest says {rows}")
        need(loaded.features == streamed.features, "features differ when streaming")
        count = 0
        for line, one, other in zip(lines_of(directory, paths), loaded, streamed, strict=True):
            written = json.loads(line)
            need(list(written) == list(one), "columns differ from the card's:", list(written), list(one))
            for column, value in written.items():
                need(same(value, one[column]), f"{written['id']}: {column} is", value, "in the file and", one[column], "when loaded")
                need(one[column] == other[column], f"{written['id']}: {column} differs when streaming")
            count += 1
        total += count
    return total


def with_pyarrow(directory):
    for _, _, paths, _ in shards_of(directory):
        head, size = [], 0
        for line in lines_of(directory, paths):
            head.append(line)
            size += len(line)
            if size >= TEN_MB:
                break
        options = pyarrow.json.ReadOptions(block_size=TEN_MB + len(head[-1]))
        table = pyarrow.json.read_json(io.BytesIO(b"".join(head)), read_options=options)
        need(table.num_rows == len(head), "pyarrow reads", table.num_rows, "rows of", len(head))


def tokenizer():
    """A tokenizer of bytes, with a chat template: enough to see what is tokenized."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(alphabet + ["<s>", "<|end|>"])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="<|end|>", pad_token="<|end|>")
    made.chat_template = (
        "{% for message in messages %}<s>{{ message['role'] }}\n{{ message['content'] }}<|end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
    )
    return made


TOKENIZER = tokenizer()


def with_trl(directory, name):
    """Checks the rows as SFTTrainer and DPOTrainer look at them."""
    for config, split, _, _ in shards_of(directory):
        for row in datasets.load_dataset(directory, config, split=split, streaming=True).take(SAMPLE):
            columns = set(row)
            if name.startswith("preference-"):
                need({"prompt", "chosen", "rejected"} <= columns, "no preference")
                texts = {key: row[key] for key in ("prompt", "chosen", "rejected")}
            elif name.endswith("-messages"):
                need(columns & {"messages", "prompt", "completion", "text"} == {"messages"}, "not one format")
                texts = {"messages": row["messages"]}
            elif name.endswith("-prompt-completion"):
                texts = {key: row[key] for key in ("prompt", "completion")}
            elif name.endswith("-text"):
                texts = {"text": row["text"]}
            else:
                return False  # alpaca is none of TRL's formats
            need(trl.is_conversational(texts) == name.endswith("-messages"), "TRL takes the rows for another format")
            templated = trl.maybe_apply_chat_template(dict(texts), TOKENIZER)
            need(all(isinstance(text, str) and text for text in templated.values()), "TRL makes no texts of the rows")
    return True


def with_axolotl(directory, name):
    """Reads both configurations as Axolotl does, in the dataset's directory."""
    here = os.getcwd()
    os.chdir(directory)
    try:
        for file in ("axolotl.yaml", "axolotl-full.yaml"):
            with open(file, encoding="utf-8") as text:
                given = yaml.safe_load(text)
            checked = check_axolotl(given)
            made = 0
            for key in ("datasets", "test_datasets"):
                for index, dataset in enumerate(checked.get(key) or []):
                    made += tokenize(checked, DictDefault(dataset), index, key)
            need(made or not any(True for _ in shards_of(".")), f"{file}: nothing was tokenized")
    finally:
        os.chdir(here)


def check_axolotl(given):
    known = AxolotlConfigWCapabilities.model_fields
    unknown = [key for key in given if key not in known]
    need(not unknown, "Axolotl has no settings", unknown)
    cfg = dict(given)
    kind = DPODataset if cfg.get("rl") == "dpo" else SFTDataset
    for key in ("datasets", "test_datasets"):
        for dataset in cfg.get(key) or []:
            unknown = [field for field in dataset if field not in kind.model_fields]
            need(not unknown, f"Axolotl's {kind.__name__} has no", unknown)
        if cfg.get(key):
            cfg[key] = [kind(**dataset) for dataset in cfg[key]]
    capabilities = {"bf16": True, "fp8": False, "tf32": True, "n_gpu": 1, "n_node": 1, "compute_capability": "sm_90"}
    checked = AxolotlConfigWCapabilities(**cfg, capabilities=capabilities, env_capabilities={"torch_version": "2.8.0"})
    return DictDefault(checked.model_dump(exclude_none=True))


def tokenize(cfg, dataset, index, key):
    """Makes token ids of some rows with the strategy that a dataset's type names."""
    rows = load_dataset_with_config(dataset, use_auth_token=False, streaming=False)
    rows = rows.select(range(min(SAMPLE, len(rows))))
    if cfg.rl:
        prepared = load_dpo_strategy(dataset.type, DictDefault({**cfg, "datasets": cfg[key]}), dataset_idx=index)
        transform = prepared[0] if isinstance(prepared, tuple) else prepared
        for row in rows:
            made = transform(dict(row), tokenizer=TOKENIZER)
            need(all(isinstance(made[part], str) and made[part] for part in ("prompt", "chosen", "rejected")), "no texts for DPO")
        return len(rows)
    if dataset.type == "alpaca":  # of which Axolotl makes this itself
        strategy = AlpacaPromptTokenizingStrategy(AlpacaPrompter(), TOKENIZER, cfg.train_on_inputs, cfg.sequence_len)
    elif isinstance(dataset.type, dict):
        strategy = load_strategy("user_defined", TOKENIZER, cfg, dataset.type.to_dict())
    else:
        strategy = load_strategy(dataset.type, TOKENIZER, cfg, dataset)
    need(strategy is not None, "Axolotl knows no type", dataset.type)
    made = 0
    for row in rows:
        ids = strategy.tokenize_prompt({k: [v] for k, v in row.items()} if strategy.supports_batched else row)
        one = ids["input_ids"][0] if strategy.supports_batched else ids["input_ids"]
        need(len(one) > 0, "no token ids")
        if not strategy.supports_batched:
            answer = TOKENIZER.decode([token for token, label in zip(one, ids["labels"]) if label != -100])
            written = row.get("output") or row.get("completion") or (row.get("messages") or [{}])[-1].get("content") or ""
            need(written.strip()[:200] in answer, f"{row['id']}: the answer is not what is trained on")
        made += 1
    return made


def main(directories):
    total = 0
    for directory in directories:
        directory = os.path.abspath(directory)
        name = os.path.basename(directory)
        try:
            rows = with_datasets(directory)
            with_pyarrow(directory)
            trained = with_trl(directory, name)
            with_axolotl(directory, name)
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            raise
        total += rows
        print(f"{name}: {rows} rows, datasets plain and streaming, pyarrow, {'TRL, ' if trained else ''}Axolotl")
    need(total, "no rows at all")


if __name__ == "__main__":
    main(sys.argv[1:])
