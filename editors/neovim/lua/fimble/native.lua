---Neovim's own inline completion (0.12): it asks while typing and shows the answer. What it has no way to do
---(several candidates, parts of a suggestion) is done by this plugin, and Neovim's is set aside as long as that is shown.

local candidate = require("fimble.candidate")
local config = require("fimble.config")
local enabled = require("fimble.enabled")

local M = {}

---Whether Neovim shows the suggestions while typing.
---@return boolean
function M.is_used()
  return vim.lsp.inline_completion ~= nil and config.options.ghost_text == "auto"
end

---Let Neovim show suggestions in a buffer where they are wanted.
---@param bufnr integer
function M.resume(bufnr)
  local wanted = enabled.get(bufnr)
  if vim.lsp.inline_completion.is_enabled({ bufnr = bufnr }) ~= wanted then
    vim.lsp.inline_completion.enable(wanted, { bufnr = bufnr })
  end
end

---Let Neovim show none in a buffer for now.
---@param bufnr integer
function M.suspend(bufnr)
  if vim.lsp.inline_completion.is_enabled({ bufnr = bufnr }) then
    vim.lsp.inline_completion.enable(false, { bufnr = bufnr })
  end
end

---Take over what Neovim shows. It may be older than the last keys: what was typed since has to agree with it.
---@param on_candidate fun(place: fimble.Place, taken?: fimble.Candidate)
---@return boolean taken false if nothing is shown
function M.take(on_candidate)
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local place, range = candidate.here(), nil ---@type fimble.Place, Range4?
      if item.range then
        -- The fields were renamed while 0.12 was made.
        local row, start = item.range.start_row, item.range.start_col
        local end_row, stop = item.range.end_row, item.range.end_col
        if not row then
          row, start = item.range.start.row, item.range.start.col
          end_row, stop = item.range.end_.row, item.range.end_.col
        end
        -- The range ends where it did when the server was asked; the cursor has gone on since.
        range = { row, start, end_row, place.column + stop - start }
      end
      local taken = candidate.new(place, item.insert_text, range)
      if taken then
        taken.client_id = item.client_id
        taken.command = item.command
      end
      on_candidate(place, taken)
    end,
  })
end

return M
