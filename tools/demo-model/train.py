"""Trains the network for a given time: Muon for the matrices, Adam for the rest, the rate by elapsed time."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import torch
from torch.nn import functional

import exam
import vocabulary
from batches import Batch, batch, steps
from corpus import Corpus, build
from muon import Muon
from network import Network, Shape

_STEP_TOKENS = 4096
_MICRO_TOKENS = 1024
_MATRIX_RATE = 0.02
_OTHER_RATE = 0.003
_STEADY = 0.45  # share of the time before the rate falls, in a line, to nothing
_WARM_STEPS = 40
_EXAM_SKIP = 4  # only every fourth question: a checkpoint is to cost seconds


class Trainer:
    def __init__(self, folder: Path, minutes: float, threads: int, resume: Path | None, rate: float, name: str) -> None:
        torch.manual_seed(1)
        # One batch a thread: threads that share a product would wait for each other whenever another program holds a core.
        torch.set_num_threads(1)
        self._pool = ThreadPoolExecutor(threads)
        self._folder = folder
        self._budget = minutes * 60
        self._rate = rate
        self._name = name
        self._fine = resume is not None
        self._corpus = Corpus.load(folder / "corpus.npz")
        tokenizer = vocabulary.load(folder / "tokenizer.json")
        self._papers = {split: _papers(tokenizer, split) for split in (exam.TAUGHT, exam.HELD_OUT)}
        self._network = Network(Shape(), tokenizer.get_vocab())
        if resume:
            self._network.load_state_dict(torch.load(resume, weights_only=True)["weights"])
        matrices = [p for n, p in self._network.named_parameters() if p.ndim == 2 and "embedding" not in n]
        others = [p for n, p in self._network.named_parameters() if p.ndim == 1 or "embedding" in n]
        self._muon = Muon(matrices, _MATRIX_RATE)
        self._adam = torch.optim.AdamW(others, lr=_OTHER_RATE, betas=(0.9, 0.95), weight_decay=0.0)
        self._tokens_seen = 0

    def run(self, save_every: float) -> None:
        print(f"{self._network.size()} parameters, {len(self._corpus)} conversations, {len(self._corpus.tokens)} tokens", flush=True)
        began = time.monotonic()
        saved = reported = began
        loss_sum, loss_count = 0.0, 0
        for step, batches in enumerate(steps(self._corpus, _STEP_TOKENS, _MICRO_TOKENS, seed=int(time.time()) if self._fine else 1)):
            elapsed = time.monotonic() - began
            if elapsed >= self._budget:
                break
            loss_sum += self._step(batches, self._scale(step, elapsed / self._budget))
            loss_count += 1
            now = time.monotonic()
            if now - reported > 30:
                print(f"{elapsed / 60:6.1f} min  step {step:6d}  {self._tokens_seen / 1e6:7.2f} M tokens  {self._tokens_seen / elapsed:6.0f} tokens/s  "
                      f"loss {loss_sum / loss_count:.4f}", flush=True)
                reported, loss_sum, loss_count = now, 0.0, 0
            if now - saved > save_every * 60:
                self._save("checkpoint.pt")
                saved = time.monotonic()
        self._save(self._name)
        print(f"done after {(time.monotonic() - began) / 60:.1f} minutes", flush=True)

    def _scale(self, step: int, share: float) -> float:
        return self._rate * min(1.0, (step + 1) / _WARM_STEPS) * min(1.0, max(0.0, (1 - share) / (1 - _STEADY)))

    def _step(self, batches: list[Batch], scale: float) -> float:
        for group in self._muon.param_groups:
            group["lr"] = _MATRIX_RATE * scale
        for group in self._adam.param_groups:
            group["lr"] = _OTHER_RATE * scale
        count = sum(len(b.targets) for b in batches)
        total = sum(self._pool.map(lambda b: self._learn(b, count), batches))
        self._tokens_seen += sum(b.tokens.numel() for b in batches)
        self._muon.step(self._pool)
        self._adam.step()
        self._muon.zero_grad()
        self._adam.zero_grad()
        return total

    def _learn(self, b: Batch, count: int) -> float:
        """Adds this batch's part of the gradient; autograd locks each parameter's sum."""
        loss = functional.cross_entropy(self._network(b.tokens, b.wanted), b.targets, reduction="sum") / count
        loss.backward()
        return loss.item()

    def _save(self, name: str) -> None:
        path = self._folder / name
        torch.save({"weights": self._network.state_dict(), "shape": asdict(self._network.shape), "tokens_seen": self._tokens_seen}, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)
        for split, papers in self._papers.items():
            print(f"  {split}: {self._score(papers)}", flush=True)

    @torch.no_grad()
    def _score(self, papers: dict[str, Corpus]) -> str:
        """Share of answers that come out whole: the most likely token is right at every place, which is what greedy decoding needs."""
        out, right_sum, all_sum = [], 0, 0
        for category, paper in papers.items():
            b = batch(paper, list(range(0, len(paper), _EXAM_SKIP)))
            hits = self._network(b.tokens, b.wanted).argmax(-1) == b.targets
            count = len(b.tokens)
            right = count - len(b.owners[~hits].unique())
            right_sum, all_sum = right_sum + right, all_sum + count
            out.append(f"{category} {right}/{count}")
        return f"{100 * right_sum / all_sum:.1f} %  " + ", ".join(out)


def _papers(tokenizer: vocabulary.Tokenizer, split: str) -> dict[str, Corpus]:
    """The exam by category, only the last answer counting."""
    by_category = defaultdict(list)
    for conversation in exam.cases(split):
        by_category[conversation.category].append(conversation)
    papers = {}
    for category, conversations in by_category.items():
        paper = build(tokenizer, iter(conversations))
        for row in range(len(paper)):
            begin, end = int(paper.starts[row]), int(paper.starts[row + 1])
            marks = paper.written[begin:end]
            last_end = int(marks.nonzero()[0][-1])
            last_begin = last_end
            while last_begin > 0 and marks[last_begin - 1]:
                last_begin -= 1
            marks[:last_begin] = False
        papers[category] = paper
    return papers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where corpus.npz and tokenizer.json are and the weights go")
    parser.add_argument("--minutes", type=float, default=80, help="wall-clock budget")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--resume", type=Path, help="go on from these weights")
    parser.add_argument("--rate", type=float, default=1.0, help="factor on the learning rates")
    parser.add_argument("--name", default="final.pt", help="of the file for the weights, in the folder")
    arguments = parser.parse_args()
    Trainer(arguments.folder, arguments.minutes, arguments.threads, arguments.resume, arguments.rate, arguments.name).run(arguments.save_every)


if __name__ == "__main__":
    main()
