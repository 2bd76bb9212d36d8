"""What the nine lessons share: data, plots, widgets, checks and the models already taught.

Importing it lets torch compute with one thread. The course's models are so small that a second
thread costs more in waiting than it brings in work: on a busy machine, many times more. In a
notebook it also makes a cell that was run too early say which one to run first (`helpers.order`).
"""

import torch

from helpers import order

torch.set_num_threads(1)
order.install()
