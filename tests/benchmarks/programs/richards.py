"""Richards: the kernel of an operating system. Six tasks pass packets to each other under a priority scheduler.

The answer: how many packets were queued and how often a task was held.
"""

from __future__ import annotations

from enum import Enum

from timing import Benchmark, measure

IDLER = 0
WORKER = 1
HANDLER_A = 2
HANDLER_B = 3
DEVICE_A = 4
DEVICE_B = 5
TASK_COUNT = 6


class Kind(Enum):
    DEVICE = 0
    WORK = 1


class Packet:
    def __init__(self, link: Packet | None, address: int, kind: Kind) -> None:
        self.link = link
        self.address = address  # whom it is for; once queued, whom it came from
        self.kind = kind
        self.position = 0
        self.data = [0] * 4

    def append_to(self, queue: Packet | None) -> Packet:
        """Put this packet at the end of a queue; returns the queue."""
        self.link = None
        if queue is None:
            return self
        last = queue
        while last.link is not None:
            last = last.link
        last.link = self
        return queue


class Task:
    def __init__(self, scheduler: Scheduler, identity: int, priority: int, queue: Packet | None, waiting: bool) -> None:
        self.scheduler = scheduler
        self.identity = identity
        self.priority = priority
        self.queue = queue
        self.waiting = waiting
        self.held = False
        self.pending = queue is not None  # a packet is in the queue
        self.link = scheduler.tasks  # the task made before this one
        scheduler.add(self)

    def react(self, packet: Packet | None) -> Task | None:
        """React to a packet, or to none; returns the task to look at next."""
        raise NotImplementedError

    def is_stopped(self) -> bool:
        return self.held or (not self.pending and self.waiting)

    def hold(self) -> None:
        self.held = True

    def release(self) -> None:
        self.held = False

    def wait(self) -> None:
        self.waiting = True

    def resume(self) -> Task | None:
        if not (self.pending and self.waiting and not self.held):
            return self.react(None)
        packet = self.queue
        assert packet is not None
        self.queue = packet.link
        self.pending = self.queue is not None
        self.waiting = False
        return self.react(packet)

    def accept(self, packet: Packet, sender: Task) -> Task:
        """Take a packet; returns which of this task and the sender goes on."""
        if self.queue is None:
            self.queue = packet
            self.pending = True
            if self.priority > sender.priority:
                return self
        else:
            packet.append_to(self.queue)
        return sender


class IdleTask(Task):
    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler, IDLER, 0, None, False)
        self.control = 1
        self.count = 10000

    def react(self, packet: Packet | None) -> Task | None:
        self.count -= 1
        if self.count == 0:
            return self.scheduler.hold_current()
        if self.control & 1 == 0:
            self.control //= 2
            return self.scheduler.release(DEVICE_A)
        self.control = (self.control // 2) ^ 53256
        return self.scheduler.release(DEVICE_B)


class WorkTask(Task):
    def __init__(self, scheduler: Scheduler, queue: Packet) -> None:
        super().__init__(scheduler, WORKER, 1000, queue, True)
        self.destination = HANDLER_A
        self.letter = 0

    def react(self, packet: Packet | None) -> Task | None:
        if packet is None:
            return self.scheduler.wait_current()
        self.destination = HANDLER_B if self.destination == HANDLER_A else HANDLER_A
        packet.address = self.destination
        packet.position = 0
        for i in range(len(packet.data)):
            self.letter = 1 if self.letter == 26 else self.letter + 1
            packet.data[i] = 64 + self.letter
        return self.scheduler.send(packet)


class HandlerTask(Task):
    def __init__(self, scheduler: Scheduler, identity: int, priority: int, queue: Packet) -> None:
        super().__init__(scheduler, identity, priority, queue, True)
        self.work_queue: Packet | None = None
        self.device_queue: Packet | None = None

    def react(self, packet: Packet | None) -> Task | None:
        if packet is not None:
            if packet.kind is Kind.WORK:
                self.work_queue = packet.append_to(self.work_queue)
            else:
                self.device_queue = packet.append_to(self.device_queue)
        work = self.work_queue
        if work is None:
            return self.scheduler.wait_current()
        position = work.position
        if position == len(work.data):
            self.work_queue = work.link
            return self.scheduler.send(work)
        message = self.device_queue
        if message is None:
            return self.scheduler.wait_current()
        self.device_queue = message.link
        message.position = work.data[position]
        work.position = position + 1
        return self.scheduler.send(message)


class DeviceTask(Task):
    def __init__(self, scheduler: Scheduler, identity: int, priority: int) -> None:
        super().__init__(scheduler, identity, priority, None, True)
        self.in_hand: Packet | None = None

    def react(self, packet: Packet | None) -> Task | None:
        if packet is not None:
            self.in_hand = packet
            return self.scheduler.hold_current()
        work = self.in_hand
        if work is None:
            return self.scheduler.wait_current()
        self.in_hand = None
        return self.scheduler.send(work)


class Scheduler:
    def __init__(self) -> None:
        self.tasks: Task | None = None  # the one made last; the others are linked to it
        self.queued = 0
        self.holds = 0
        self.current: Task | None = None
        self.table: list[Task | None] = [None] * TASK_COUNT

    def add(self, task: Task) -> None:
        self.tasks = task
        self.table[task.identity] = task

    def run(self) -> None:
        task = self.tasks
        while task is not None:
            if task.is_stopped():
                task = task.link
            else:
                self.current = task
                task = task.resume()

    def hold_current(self) -> Task | None:
        self.holds += 1
        self.running().hold()
        return self.running().link

    def wait_current(self) -> Task:
        self.running().wait()
        return self.running()

    def release(self, identity: int) -> Task:
        task = self.find(identity)
        task.release()
        return task if task.priority > self.running().priority else self.running()

    def send(self, packet: Packet) -> Task:
        receiver = self.find(packet.address)
        self.queued += 1
        packet.link = None
        packet.address = self.running().identity
        return receiver.accept(packet, self.running())

    def running(self) -> Task:
        assert self.current is not None
        return self.current

    def find(self, identity: int) -> Task:
        task = self.table[identity]
        if task is None:
            raise LookupError(f"no task {identity}")
        return task


def packets(count: int, address: int, kind: Kind) -> Packet:
    queue = Packet(None, address, kind)
    for _ in range(1, count):
        queue = Packet(queue, address, kind)
    return queue


class Richards(Benchmark):
    def run(self, size: int) -> str:
        answers = {self.simulate() for _ in range(size)}
        if len(answers) != 1:
            raise ValueError(f"the runs differ: {answers}")
        return answers.pop()

    def simulate(self) -> str:
        scheduler = Scheduler()
        IdleTask(scheduler)
        WorkTask(scheduler, packets(2, WORKER, Kind.WORK))
        HandlerTask(scheduler, HANDLER_A, 2000, packets(3, DEVICE_A, Kind.DEVICE))
        HandlerTask(scheduler, HANDLER_B, 3000, packets(3, DEVICE_B, Kind.DEVICE))
        DeviceTask(scheduler, DEVICE_A, 4000)
        DeviceTask(scheduler, DEVICE_B, 5000)
        scheduler.run()
        return f"{scheduler.queued} {scheduler.holds}"


if __name__ == "__main__":
    measure(Richards(), 10)
