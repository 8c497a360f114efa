"""Sampling for conversations, by llama.cpp's own samplers; an optional grammar decides which tokens may come."""

import ctypes
from typing import Self

import llama_cpp.llama_cpp as api
import numpy as np

from fimble_server.engine.llama import Context, LlamaError, Model
from fimble_server.engine.protocol import Generate

_TOP_K = 40
_TOKEN_DATA = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""The layout of `llama_token_data`."""


class Sampler:
    """A chain of samplers for one answer, to be closed after it."""

    def __init__(self, model: Model, request: Generate) -> None:
        """Build the chain.

        Raises:
            LlamaError: the grammar is no valid GBNF.

        """
        self._model = model
        self._chain = api.llama_sampler_chain_init(api.llama_sampler_chain_default_params())
        self._grammar = None
        if request.grammar:
            self._grammar = api.llama_sampler_init_grammar(model.vocabulary, request.grammar.encode(), b"root")
            if not self._grammar:
                self.close()
                raise LlamaError("the grammar is no valid GBNF with a root rule")
        if request.temperature <= 0:
            api.llama_sampler_chain_add(self._chain, api.llama_sampler_init_greedy())
            return
        for sampler in (
            api.llama_sampler_init_top_k(_TOP_K),
            api.llama_sampler_init_top_p(request.top_p, 1),
            api.llama_sampler_init_temp(request.temperature),
            api.llama_sampler_init_dist(request.seed),
        ):
            api.llama_sampler_chain_add(self._chain, sampler)

    def sample(self, context: Context) -> int:
        """Choose the next token from the logits of the last decode.

        The grammar is asked about the token chosen first; only if it refuses is it applied to the whole
        vocabulary, which costs a hundred times as much.
        """
        token = self._pick(context, constrained=False)
        if self._grammar is not None:
            if not self._allows(token):
                token = self._pick(context, constrained=True)
            api.llama_sampler_accept(self._grammar, token)
        api.llama_sampler_accept(self._chain, token)
        return token

    def close(self) -> None:
        """Free the samplers."""
        for sampler in (self._chain, self._grammar):
            if sampler:
                api.llama_sampler_free(sampler)
        self._chain = self._grammar = None

    def __enter__(self) -> Self:
        """Return the sampler itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Free the samplers."""
        self.close()

    def _pick(self, context: Context, *, constrained: bool) -> int:
        logits = context.logits()
        candidates = (api.llama_token_data * len(logits))()
        records = np.frombuffer(memoryview(candidates).cast("B"), dtype=_TOKEN_DATA)
        records["id"] = np.arange(len(logits))
        records["logit"] = logits
        array = api.llama_token_data_array(candidates, len(logits), -1, False)  # noqa: FBT003 - the C structure
        if constrained:
            api.llama_sampler_apply(self._grammar, ctypes.byref(array))
        api.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _allows(self, token: int) -> bool:
        candidates = (api.llama_token_data * 1)(api.llama_token_data(token, 1.0, 0.0))
        array = api.llama_token_data_array(candidates, 1, -1, False)  # noqa: FBT003 - the C structure
        api.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return bool(array.data[0].logit != float("-inf"))
