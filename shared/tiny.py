"""A tiny untrained BERT, for tests of training loops that must be quick and exact."""

import torch
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerBase


def tiny_bert(
    tokenizer: PreTrainedTokenizerBase, labels: int, max_length: int, dropout: float = 0.0
) -> BertForSequenceClassification:
    """Return a classifier of two narrow blocks, the same each time.

    Args:
        tokenizer: Whose ids it reads.
        labels: Classes; for 1, which would be regression, two.
        max_length: Tokens.
        dropout: Everywhere.
    """
    torch.manual_seed(0)
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=max(max_length, 16),
            pad_token_id=tokenizer.pad_token_id or 0,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            num_labels=max(labels, 2),
        )
    )
