"""Path Partout's trees: folders and labels with variables, one configuration file per project.

Scripts written for Path Partout go on with

    from pipl_pipe.path.notations import partout as pathpartout

    tree_path = pathpartout.tree.get_from_label("shot_working_file", path)

since modules and functions have the names of its document.
"""

from pipl_pipe.path.notations.partout import auto_arbo, config_folders, tree

tree_path = tree
"""The document calls `get_from_label` on either."""

__all__ = ["auto_arbo", "config_folders", "tree", "tree_path"]
