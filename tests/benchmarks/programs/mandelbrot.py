"""Mandelbrot: a picture of the set, a bit a point. The answer: the exclusive or of the picture's bytes."""

from __future__ import annotations

from timing import Benchmark, measure


def escapes(x: float, y: float) -> bool:
    """Whether the point leaves the circle of radius 2 within fifty steps."""
    imaginary = real_square = imaginary_square = 0.0
    for _ in range(50):
        real = real_square - imaginary_square + x
        imaginary = 2.0 * real * imaginary + y
        real_square = real * real
        imaginary_square = imaginary * imaginary
        if real_square + imaginary_square > 4.0:
            return True
    return False


class Mandelbrot(Benchmark):
    def run(self, size: int) -> str:
        total = 0
        for row in range(size):
            y = 2.0 * row / size - 1.0
            byte = 0
            bits = 0
            for column in range(size):
                x = 2.0 * column / size - 1.5
                byte = (byte << 1) + (1 if escapes(x, y) else 0)
                bits += 1
                if bits == 8:
                    total ^= byte
                    byte = 0
                    bits = 0
            if bits > 0:
                total ^= byte << (8 - bits)
        return str(total)


if __name__ == "__main__":
    measure(Mandelbrot(), 500)
