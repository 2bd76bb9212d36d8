"""The models that lessons have taught, unchanged, for later lessons to build on."""

from torch import Tensor, nn


class LanguageModel(nn.Module):
    """Reads tokens one by one and says, after each, what may come next (lesson 2)."""

    def __init__(self, vocab_size: int, embedding_size: int = 64, hidden_size: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = nn.RNN(embedding_size, hidden_size, batch_first=True)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, ids: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits (B, T, V) for the token after each id (B, T), and hidden states (B, T, H).

        h0: the state (B, H) to start from, zero if None. `h[:, -1]` is the one to go on from.
        """
        x = self.embedding(ids)  # (B, T) -> (B, T, E)
        h, _ = self.rnn(x, None if h0 is None else h0.unsqueeze(0))  # (B, T, H)
        return self.output(h), h
