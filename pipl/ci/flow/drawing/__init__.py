"""Pictures of a flow: for terminals, Mermaid and SVG."""
