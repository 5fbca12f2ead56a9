"""The byte-level BPE vocabulary: llama.cpp's pre-tokenizer `llama-bpe`, sized for a very small model.

That pre-tokenizer groups digits by three and takes a whole word straight from the vocabulary before it tries merges. Both are used:
all numbers to 999 are one token, frequent words stand in the vocabulary with the space before them, and merges never cross that
space. So an unknown word is cut into the same tokens wherever it stands, and copying it is copying tokens.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SIZE = 3584
_MERGES = 330
_COMMON = 4  # a word seen less often is most likely made up, and its pieces are of no use to others
# llama.cpp src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_LLAMA3.
_PATTERN = (r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+")
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
USER_DEFINED = ["<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(_PATTERN), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def _count_words(texts: Iterable[str]) -> Counter[str]:
    """How often each pre-token occurs, in the byte alphabet of byte-level BPE."""
    marks = re.compile("|".join(map(re.escape, CONTROL + USER_DEFINED)))
    pre = _pre_tokenizer()
    counts: Counter[str] = Counter()
    for text in texts:
        for part in marks.split(text):
            counts.update(word for word, _ in pre.pre_tokenize_str(part))
    return counts


def _learn_merges(counts: Counter[str]) -> list[tuple[str, str]]:
    """Merges inside words only: the space or quote before a word and digits stay out."""
    words: Counter[str] = Counter()
    for word, count in counts.items():
        bare = re.sub(r"^[^\w]|^Ġ", "", word)
        if len(bare) > 1 and not re.search(r"[\d\"]", bare):
            words[bare] += count
    words = Counter({word: n for word, n in words.items() if n >= _COMMON})
    tokenizer = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(vocab_size=256 + _MERGES, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    # A word counts by the square root of its frequency, so that rare names shape the pieces too.
    tokenizer.train_from_iterator((word for word, n in sorted(words.items()) for _ in range(round(n**0.5))), trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in merges][:_MERGES]


def _whole(names: Iterable[str]) -> list[str]:
    """The pre-tokens of names, with a space before them and without."""
    found: dict[str, None] = {}
    pre = _pre_tokenizer()
    for name in names:
        for form in (" " + name, name):
            found.update((word, None) for word, _ in pre.pre_tokenize_str(form))
    return list(found)


def build(texts: Iterable[str], names: Iterable[str]) -> Tokenizer:
    """A vocabulary from sample texts, in which each word of `names` is a token of its own: a fact is learnt soonest as one token."""
    counts = _count_words(texts)
    merges = _learn_merges(counts)
    tokens = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens += [a + b for a, b in merges]
    tokens += [str(n) for n in range(10, 1000)]
    tokens += _whole(names)
    known = set(tokens)
    room = SIZE - len(CONTROL) - len(USER_DEFINED) - len(known)
    frequent = [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if word not in known and not word.isdigit()]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens + frequent[:room]))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=True))
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in CONTROL])
    tokenizer.add_tokens([AddedToken(t, special=False, normalized=False) for t in USER_DEFINED])
    return tokenizer


def load(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))
