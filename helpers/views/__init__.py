"""How the interactive views are painted: `widgets.explore` on a `canvas.Canvas`, a module each."""
