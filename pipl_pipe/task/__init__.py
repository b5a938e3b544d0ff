"""Tasks: packls that are applications, with commands for people and `process()` for CI."""

from pipl_pipe.task.command import command
from pipl_pipe.task.job import Job
from pipl_pipe.task.task import Task, task_types

__all__ = ["Job", "Task", "command", "task_types"]
