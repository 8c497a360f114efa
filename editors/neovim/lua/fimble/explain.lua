---Why a suggestion looks as it does, and how the server is: the server's data as lines of Markdown.

local M = {}

---@param milliseconds table<string, number>
---@return string
local function times(milliseconds)
  local parts = {} ---@type string[]
  for stage, time in vim.spairs(milliseconds) do
    table.insert(parts, ("%s %d ms"):format(stage, math.floor(time + 0.5)))
  end
  return table.concat(parts, ", ")
end

---Turn the answer of `fimble.explainCompletion` into lines.
---@param data table<string, any>
---@return string[]
function M.explanation(data)
  local lines = { "# Why this suggestion", "", "- origin: " .. data.origin }
  local function add(format, ...)
    table.insert(lines, format:format(...))
  end
  if (data.model or "") ~= "" then
    add("- model: %s", data.model)
  end
  if type(data.line_log_probability) == "number" then
    add("- probability of its first line: %d %%", math.floor(100 * math.exp(data.line_log_probability) + 0.5))
  end
  if (data.generated_tokens or 0) > 0 then
    add(
      "- tokens: %d read, %d known from before, %d written",
      data.evaluated_tokens,
      data.cached_tokens,
      data.generated_tokens
    )
    add("- prompt: %s, up to the end of the %s", data.prompt, data.extent)
  end
  if next(data.timings_ms or {}) then
    add("- time: %s", times(data.timings_ms))
  end
  if #(data.filters or {}) > 0 then
    add("- changed by: %s", table.concat(data.filters, ", "))
  end
  if #(data.snippets or {}) > 0 then
    vim.list_extend(lines, { "", "Code of other files that the model was shown:", "" })
    for _, snippet in ipairs(data.snippets) do
      add("- `%s:%d-%d` (%s)", snippet.path, snippet.range.start_line, snippet.range.end_line, snippet.source)
    end
  end
  return lines
end

---Turn the answer of `fimble.status` into lines.
---@param data table<string, any>
---@param doing fimble.Status
---@return string[]
function M.status(data, doing)
  local lines = { "# Fimble " .. data.version, "" }
  local function add(format, ...)
    table.insert(lines, format:format(...))
  end
  add("- now: %s%s", doing.state, doing.percentage and (" %d %%"):format(doing.percentage) or "")
  add("- model: %s", data.model.error or data.model.file)
  local engine = data.engine
  if engine.process then
    add("- engine: %s, process %d, %d MB", engine.state, engine.process, math.floor(engine.resident_bytes / 1e6 + 0.5))
  else
    add("- engine: %s", engine.state)
  end
  for _, index in ipairs(data.indexes) do
    add("- index of %s: %s", index.root, index.ready and index.state or "not there yet")
  end
  add("- suggestions accepted: %d", data.accepted)
  return lines
end

return M
