"""A thin, typed layer over llama.cpp's low-level API: a model, its vocabulary, and a context that decodes.

Only this module, `sampling.py`, `measure.py` and `quantise.py` touch `llama_cpp`, in processes of their own: an
assertion or an allocation failure inside llama.cpp ends the process it happens in.

Positions and lengths are in tokens. None of the objects is safe to use from two threads at once; a decode
releases the GIL.
"""

import ctypes
import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import llama_cpp.llama_cpp as api
import numpy as np
from numpy.typing import NDArray

_log = logging.getLogger(__name__)
_LEVELS = {3: logging.WARNING, 4: logging.ERROR}
"""Of `enum ggml_log_level`, what is worth a line in the log; debug, information and progress dots are not."""


class LlamaError(Exception):
    """llama.cpp refused: the file is no model it knows, or the memory does not suffice."""


@api.llama_log_callback  # type: ignore[untyped-decorator]  # the binding carries no types
def _forward_log(level: int, text: bytes, _user_data: Any) -> None:
    if level in _LEVELS and (line := text.decode("utf-8", "replace").strip()):
        _log.log(_LEVELS[level], "%s", line)


def initialise() -> None:
    """Start llama.cpp's backend and send its warnings to `logging`; call once a process."""
    api.llama_log_set(_forward_log, ctypes.c_void_p(0))
    api.llama_backend_init()


class Model:
    """Weights and vocabulary of one GGUF file."""

    def __init__(self, path: Path) -> None:
        """Load the file.

        Raises:
            LlamaError: the file is missing, truncated, or no model that this llama.cpp knows.

        """
        parameters = api.llama_model_default_params()
        parameters.n_gpu_layers = 0
        # Repacked layouts are copied out of the file anyway. Reading instead of mapping keeps the file's pages
        # from counting twice, and a first keystroke after memory pressure from waiting for the disk.
        parameters.load_mode = api.LLAMA_LOAD_MODE_NONE
        self.path = path
        self.handle = api.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.handle:
            raise LlamaError(f"{path} is damaged or not a model that llama.cpp can load")
        self.vocabulary = api.llama_model_get_vocab(self.handle)
        self.vocabulary_size: int = api.llama_vocab_n_tokens(self.vocabulary)
        self.context_tokens: int = api.llama_model_n_ctx_train(self.handle)

    def close(self) -> None:
        """Free the weights; every context of this model has to be closed before."""
        if self.handle:
            api.llama_model_free(self.handle)
            self.handle = None

    def __enter__(self) -> Self:
        """Return the model itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Free the weights."""
        self.close()

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Turn text into tokens, without a beginning-of-sequence token.

        `special` reads markers such as `<|fim_prefix|>` as the control tokens they name. Text that comes from a
        user's files is tokenised without it, so that a file that spells a marker cannot act as one.
        """
        data = text.encode("utf-8", "surrogatepass")
        buffer = (api.llama_token * (len(data) + 1))()
        count = api.llama_tokenize(self.vocabulary, data, len(data), buffer, len(buffer), False, special)  # noqa: FBT003 - the C signature
        if count < 0:
            raise LlamaError(f"{len(data)} bytes of text could not be tokenised")
        return buffer[:count]

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """Return the bytes that a token stands for; control tokens are empty unless `special`."""
        buffer = ctypes.create_string_buffer(256)
        length = api.llama_token_to_piece(self.vocabulary, token, buffer, len(buffer), 0, special)
        if length < 0:
            buffer = ctypes.create_string_buffer(-length)
            length = api.llama_token_to_piece(self.vocabulary, token, buffer, len(buffer), 0, special)
        return buffer.raw[:length]

    @cached_property
    def pieces(self) -> list[bytes]:
        """The bytes of every token, by token; control tokens are empty."""
        return [self.piece(token) for token in range(self.vocabulary_size)]

    def special(self, text: str) -> int | None:
        """Return the control token that `text` spells, or None when this vocabulary has none."""
        tokens = self.tokenize(text, special=True)
        if len(tokens) == 1 and api.llama_vocab_is_control(self.vocabulary, tokens[0]):
            return tokens[0]
        return None

    def ends_generation(self, token: int) -> bool:
        """Tell whether the vocabulary marks the token as an end of generation."""
        return bool(api.llama_vocab_is_eog(self.vocabulary, token))

    @property
    def beginning(self) -> list[int]:
        """The token that every prompt of this model starts with: one, or none."""
        if not api.llama_vocab_get_add_bos(self.vocabulary):
            return []
        return [api.llama_vocab_bos(self.vocabulary)]

    @property
    def chat_template(self) -> str | None:
        """The Jinja template in the file's metadata: a program from a stranger, to be run in a sandbox only."""
        template = api.llama_model_chat_template(self.handle, None)
        return template.decode("utf-8", "replace") if template else None


class Context:
    """The KV cache of a model and the decode call; sequences share one unified cache."""

    def __init__(
        self, model: Model, *, context_tokens: int, batch_tokens: int, threads: int, sequences: int = 1
    ) -> None:
        """Allocate the cache: `context_tokens` cells for all sequences together.

        Raises:
            LlamaError: the memory does not suffice.

        """
        parameters = api.llama_context_default_params()
        parameters.n_ctx = context_tokens
        parameters.n_batch = parameters.n_ubatch = batch_tokens
        parameters.n_seq_max = sequences
        parameters.n_threads = parameters.n_threads_batch = threads
        # The binding's high-level class leaves flash attention off; on, prefill is a third faster.
        parameters.flash_attn_type = api.LLAMA_FLASH_ATTN_TYPE_ENABLED
        # With one cache a sequence, copying part of a sequence trips an assertion in llama.cpp.
        parameters.kv_unified = True
        parameters.no_perf = True
        self.model = model
        self.batch_tokens = batch_tokens
        self.capacity = context_tokens
        self.decoded_tokens = 0
        self.handle = api.llama_init_from_model(model.handle, parameters)
        if not self.handle:
            raise LlamaError(f"no memory for a context of {context_tokens} tokens; make engine.context_tokens smaller")
        self._memory = api.llama_get_memory(self.handle)
        self._batch = api.llama_batch_init(batch_tokens, 0, 1)

    def close(self) -> None:
        """Free the cache."""
        if self.handle:
            api.llama_batch_free(self._batch)
            api.llama_free(self.handle)
            self.handle = None

    def __enter__(self) -> Self:
        """Return the context itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Free the cache."""
        self.close()

    def decode(
        self,
        tokens: Sequence[int],
        position: int,
        sequence: int = 0,
        *,
        logits: Literal["last", "all", "none"] = "last",
    ) -> None:
        """Evaluate at most `batch_tokens` tokens of a sequence, the first of them at `position`.

        Raises:
            LlamaError: the cache is full, or llama.cpp failed.

        """
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = position + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = sequence
            batch.logits[i] = logits == "all"
        if logits == "last":
            batch.logits[len(tokens) - 1] = True
        status = api.llama_decode(self.handle, batch)
        if status != 0:
            # Nothing of a batch that failed may stay behind: the caller's account of the cache would be wrong.
            self.remove(sequence, position)
            raise LlamaError("the KV cache is full" if status == 1 else f"llama_decode failed with {status}")
        self.decoded_tokens += len(tokens)

    def logits(self, index: int = -1) -> NDArray[np.float32]:
        """Return the logits of row `index` of the last decode; a view that the next decode overwrites."""
        pointer = api.llama_get_logits_ith(self.handle, index)
        return np.ctypeslib.as_array(pointer, shape=(self.model.vocabulary_size,))

    def remove(self, sequence: int, start: int = 0) -> bool:
        """Drop a sequence's cells from `start` on; False if this model's memory cannot be cut there."""
        return bool(api.llama_memory_seq_rm(self._memory, sequence, start, -1))

    def copy(self, source: int, target: int, end: int) -> None:
        """Let `target` share the first `end` cells of `source`; costs no evaluation and no new cells."""
        api.llama_memory_seq_cp(self._memory, source, target, 0, end)


def log_probability(logits: NDArray[np.float32], token: int) -> float:
    """Return the natural logarithm of a token's softmax probability."""
    peak = logits.max()
    return float(logits[token] - peak - np.log(np.exp(logits - peak).sum()))
