"""A synthetic vocabulary of N tokens: bytes, ASCII characters, ChatML controls, and made-up syllables and words.

Every longer token is the concatenation of two earlier ones, so that both kinds of tokenizer can reach it: SentencePiece
merges by score (earlier is better), BPE by the list of merges. Text of any kind round-trips, through bytes if need be.
"""

from dataclasses import dataclass, field

NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # llama.cpp's token types (gguf.TokenType)

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

_CONSONANTS = "tnsrhldcmfpgwybvkxjqz"
_VOWELS = "eaoiu"
_ASCII = [chr(code) for code in range(33, 127)]


@dataclass
class Vocabulary:
    model: str  # tokenizer.ggml.model
    tokens: list[str] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)  # of BPE only
    bos: int = 0
    eos: int = 0
    # Rows of the output matrix that are zero: ends and controls, which greedy text must not hit at once, and bytes that
    # are no text by themselves.
    silent: list[int] = field(default_factory=list)

    def add(self, text: str, kind: int = NORMAL) -> int:
        self.tokens.append(text)
        self.types.append(kind)
        return len(self.tokens) - 1


def _gpt2_byte_text() -> list[str]:
    """What each byte looks like inside a BPE vocabulary: itself where it prints, else a letter from U+0100 on."""
    printing = {*range(33, 127), *range(161, 173), *range(174, 256)}
    moved = iter(range(256, 512))
    return [chr(byte) if byte in printing else chr(next(moved)) for byte in range(256)]


def _grow(vocabulary: Vocabulary, size: int, space: str) -> None:
    """Adds joined tokens until there are `size`: syllables first, then words of syllables with a space in front."""
    known = set(vocabulary.tokens)

    def join(left: str, right: str) -> bool:
        if len(vocabulary.tokens) < size and left + right not in known:
            known.add(left + right)
            vocabulary.add(left + right)
            vocabulary.merges.append(f"{left} {right}")
        return len(vocabulary.tokens) < size

    syllables = [consonant + vowel for vowel in _VOWELS for consonant in _CONSONANTS]
    closed = [syllable + end for end in "nrst" for syllable in syllables]
    starts = [space + syllable for syllable in syllables]
    for text in [*syllables, *closed, *starts]:
        if not join(text[:-len(text) + 1] if text.startswith(space) else text[:-1],
                    text[1:] if text.startswith(space) else text[-1]):
            return
    words = starts
    while True:
        longer = []
        for ending in [*syllables, *closed]:
            for word in words:
                longer.append(word + ending)
                if not join(word, ending):
                    return
        words = longer


def sentencepiece(size: int) -> Vocabulary:
    vocabulary = Vocabulary(model="llama")
    vocabulary.add("<unk>", UNKNOWN)
    vocabulary.bos = vocabulary.add("<s>", CONTROL)
    vocabulary.add("</s>", CONTROL)
    for byte in range(256):
        vocabulary.add(f"<0x{byte:02X}>", BYTE)
    vocabulary.silent = list(range(len(vocabulary.tokens)))
    _add_chatml(vocabulary)
    for text in ["\u2581", *_ASCII]:
        vocabulary.add(text)
    _check_room(vocabulary, size)
    _grow(vocabulary, size, "\u2581")
    vocabulary.merges.clear()
    return vocabulary


def bpe(size: int) -> Vocabulary:
    vocabulary = Vocabulary(model="gpt2")
    byte_text = _gpt2_byte_text()
    for byte, text in enumerate(byte_text):
        vocabulary.add(text)
        if byte >= 128:
            vocabulary.silent.append(byte)
    vocabulary.bos = vocabulary.add("<|endoftext|>", CONTROL)
    vocabulary.silent.append(vocabulary.bos)
    _add_chatml(vocabulary)
    _check_room(vocabulary, size)
    _grow(vocabulary, size, byte_text[ord(" ")])
    return vocabulary


def _add_chatml(vocabulary: Vocabulary) -> None:
    vocabulary.silent.append(vocabulary.add("<|im_start|>", CONTROL))
    vocabulary.eos = vocabulary.add("<|im_end|>", CONTROL)
    vocabulary.silent.append(vocabulary.eos)


def _check_room(vocabulary: Vocabulary, size: int) -> None:
    if size < len(vocabulary.tokens):
        raise ValueError(f"--vocab {size} is too small: this vocabulary needs {len(vocabulary.tokens)} tokens at least")


KINDS = {"spm": sentencepiece, "bpe": bpe}
