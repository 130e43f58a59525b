"""Bounce: a hundred balls in a box for fifty frames. The answer: how often one hit a wall."""

from __future__ import annotations

from lcg import Lcg
from timing import Benchmark, measure

WALLS = 500  # the box reaches from 0 to here in both directions


class Ball:
    def __init__(self, random: Lcg) -> None:
        self.x = random.next() % 500
        self.y = random.next() % 500
        self.x_speed = random.next() % 300 - 150
        self.y_speed = random.next() % 300 - 150

    def move(self) -> bool:
        """Move by one frame; whether a wall was hit."""
        hit = False
        self.x += self.x_speed
        self.y += self.y_speed
        if self.x > WALLS:
            self.x = WALLS
            self.x_speed = -abs(self.x_speed)
            hit = True
        if self.x < 0:
            self.x = 0
            self.x_speed = abs(self.x_speed)
            hit = True
        if self.y > WALLS:
            self.y = WALLS
            self.y_speed = -abs(self.y_speed)
            hit = True
        if self.y < 0:
            self.y = 0
            self.y_speed = abs(self.y_speed)
            hit = True
        return hit


class Bounce(Benchmark):
    def run(self, size: int) -> str:
        bounces = 0
        for _ in range(size):
            bounces = self.play(100, 50)
        return str(bounces)

    def play(self, count: int, frames: int) -> int:
        random = Lcg()
        balls = [Ball(random) for _ in range(count)]
        bounces = 0
        for _ in range(frames):
            for ball in balls:
                if ball.move():
                    bounces += 1
        return bounces


if __name__ == "__main__":
    measure(Bounce(), 750)
