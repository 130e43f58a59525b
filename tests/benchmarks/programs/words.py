"""Words: how often each word occurs in a text, most frequent first. Strings, a dictionary and a sort.

The answer: how many words and different words there are, and the three most frequent ones.
"""

from __future__ import annotations

from lcg import Lcg
from timing import Benchmark, measure

SYLLABLES = "ba ke li mo nu ra se ti vo zu an el in or us tra ple stri cho nd"


class Count:
    def __init__(self, word: str, times: int) -> None:
        self.word = word
        self.times = times

    def __str__(self) -> str:
        return f"{self.word}={self.times}"


def write(count: int) -> str:
    """Text of so many words, in lines of ten; some words are far more frequent than others."""
    syllables = SYLLABLES.split()
    random = Lcg()
    text = []
    for i in range(count):
        choice = random.next() % 1000 * (random.next() % 1000) // 1000  # the small ones are the frequent ones
        word = syllables[choice % 20] + syllables[choice // 20 % 20] + syllables[choice // 400]
        text.append(word.upper() if i % 7 == 0 else word)
        text.append(".\n" if i % 10 == 9 else ", " if i % 4 == 1 else " ")
    return "".join(text)


class Words(Benchmark):
    def prepare(self, size: int) -> None:
        self.text = write(size)

    def run(self, size: int) -> str:
        times: dict[str, int] = {}
        words = 0
        for line in self.text.split("\n"):
            for piece in line.split(" "):
                word = self.clean(piece)
                if not word:
                    continue
                times[word] = times.get(word, 0) + 1
                words += 1
        counts = [Count(word, n) for word, n in times.items()]
        counts.sort(key=lambda count: (-count.times, count.word))
        return f"{words} {len(counts)} {' '.join(str(count) for count in counts[:3])}"

    def clean(self, piece: str) -> str:
        """A word in small letters, without the punctuation behind it."""
        end = len(piece)
        while end > 0 and self.is_punctuation(piece[end - 1]):
            end -= 1
        return piece[:end].lower()

    def is_punctuation(self, character: str) -> bool:
        return character == "," or character == "."


if __name__ == "__main__":
    measure(Words(), 200000)
