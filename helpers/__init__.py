"""What the nine lessons share: data, plots, widgets, checks and the models already taught.

Importing it lets torch compute with one thread. The course's models are so small that a second
thread costs more in waiting than it brings in work: on a busy machine, many times more.
"""

import torch

torch.set_num_threads(1)
