"""N-body: the sun and four planets, moved in small steps. The answer: the energy of the system at the end."""

from __future__ import annotations

import math

from timing import Benchmark, measure

DAYS_PER_YEAR = 365.24
SOLAR_MASS = 4.0 * math.pi * math.pi


class Body:
    def __init__(self, x: float, y: float, z: float, vx: float, vy: float, vz: float, mass: float) -> None:
        """Speeds in distance a day, mass in suns."""
        self.x = x
        self.y = y
        self.z = z
        self.vx = vx * DAYS_PER_YEAR
        self.vy = vy * DAYS_PER_YEAR
        self.vz = vz * DAYS_PER_YEAR
        self.mass = mass * SOLAR_MASS

    def move(self, time: float) -> None:
        self.x += time * self.vx
        self.y += time * self.vy
        self.z += time * self.vz


class Planets:
    def __init__(self) -> None:
        self.bodies = [
            Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
            Body(
                4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
                0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
                0.000954791938424326609,
            ),
            Body(
                8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
                -0.00276742510726862411, 0.00499852801234917238, 0.0000230417297573763929,
                0.000285885980666130812,
            ),
            Body(
                12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
                0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
                0.0000436624404335156298,
            ),
            Body(
                15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
                0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
                0.0000515138902046611451,
            ),
        ]  # fmt: skip
        self.stop_drift()

    def stop_drift(self) -> None:
        """Let the sun move so that the whole stands still."""
        px = py = pz = 0.0
        for body in self.bodies:
            px += body.vx * body.mass
            py += body.vy * body.mass
            pz += body.vz * body.mass
        sun = self.bodies[0]
        sun.vx = -px / SOLAR_MASS
        sun.vy = -py / SOLAR_MASS
        sun.vz = -pz / SOLAR_MASS

    def advance(self, time: float) -> None:
        bodies = self.bodies
        count = len(bodies)
        for i in range(count):
            a = bodies[i]
            for j in range(i + 1, count):
                b = bodies[j]
                dx = a.x - b.x
                dy = a.y - b.y
                dz = a.z - b.z
                square = dx * dx + dy * dy + dz * dz
                pull = time / (square * math.sqrt(square))
                a.vx -= dx * b.mass * pull
                a.vy -= dy * b.mass * pull
                a.vz -= dz * b.mass * pull
                b.vx += dx * a.mass * pull
                b.vy += dy * a.mass * pull
                b.vz += dz * a.mass * pull
        for body in bodies:
            body.move(time)

    def energy(self) -> float:
        bodies = self.bodies
        total = 0.0
        for i in range(len(bodies)):
            a = bodies[i]
            total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
            for j in range(i + 1, len(bodies)):
                b = bodies[j]
                dx = a.x - b.x
                dy = a.y - b.y
                dz = a.z - b.z
                total -= a.mass * b.mass / math.sqrt(dx * dx + dy * dy + dz * dz)
        return total


class NBody(Benchmark):
    def run(self, size: int) -> str:
        planets = Planets()
        for _ in range(size):
            planets.advance(0.01)
        return str(planets.energy())


if __name__ == "__main__":
    measure(NBody(), 250000)
