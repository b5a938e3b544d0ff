"""Editors: applications that open the files of a task, as packls declare them."""

from pipl_pipe.editor.editor import Editor, editors

__all__ = ["Editor", "editors"]
