"""Pictures of what a workspace is locked to: for terminals, Mermaid, Graphviz and SVG."""
