---`:Fimble plan`: a task over several files as a list of steps, to tick, to look at, and to apply together.

local client = require("fimble.client")
local preview = require("fimble.preview")
local proposal = require("fimble.proposal")
local stream = require("fimble.stream")

local M = {}

---Rows above the first step.
local HEAD = 2

---@class fimble.Step As the server sends it.
---@field id integer
---@field action "create"|"change"|"remove"
---@field path string
---@field what string

---@class fimble.Plan
---@field server vim.lsp.Client
---@field document lsp.TextDocumentIdentifier tells the workspace
---@field bufnr integer
---@field id string
---@field question string
---@field steps fimble.Step[]
---@field refused string[] why the server left something out
---@field testCommand? string
---@field ticked table<integer, true> by the ids of steps
---@field drafted table<integer, true>

---@param plan fimble.Plan
local function draw(plan)
  if not vim.api.nvim_buf_is_valid(plan.bufnr) then
    return
  end
  local lines = { "# " .. plan.question, "" }
  for _, step in ipairs(plan.steps) do
    local tick = plan.ticked[step.id] and "x" or " "
    local state = plan.drafted[step.id] and " (drafted)" or ""
    table.insert(lines, ("- [%s] %s %s: %s%s"):format(tick, step.action, step.path, step.what, state))
  end
  vim.list_extend(lines, { "", "<Space> ticks a step, <CR> shows its diff, `a` applies those that are ticked." })
  for _, reason in ipairs(plan.refused) do
    table.insert(lines, "Left out: " .. reason)
  end
  vim.bo[plan.bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(plan.bufnr, 0, -1, false, lines)
  vim.bo[plan.bufnr].modifiable = false
end

---@param plan fimble.Plan
---@return fimble.Step?
local function step_here(plan)
  return plan.steps[vim.api.nvim_win_get_cursor(0)[1] - HEAD]
end

---@class fimble.Work Requests of which one is open at a time, shown in a window whose end cancels it.
---@field window fimble.Preview
---@field cancel fun()

---@param title string
---@return fimble.Work
local function begin(title)
  local work = { cancel = function() end }
  work.window = preview.open(title, function()
    work.cancel()
  end)
  return work
end

---@param plan fimble.Plan
---@param work fimble.Work
---@param method string
---@param parameters table<string, any>
---@param on_result fun(result: any)
local function request(plan, work, method, parameters, on_result)
  preview.show(work.window, {}, "", { preview.closing(work.window, "cancel") })
  work.cancel = stream.request(plan.server, method, parameters, function(text)
    preview.append(work.window, text)
  end, function(failure, result)
    if failure then
      proposal.show(work.window, plan.server, { notice = failure })
    else
      on_result(result)
    end
  end)
end

---Let the model write the edit of a step.
---@param plan fimble.Plan
---@param work fimble.Work
---@param step fimble.Step
---@param on_draft fun(draft: fimble.Proposal)
local function draft(plan, work, step, on_draft)
  work.window.title = ("%s %s"):format(step.action, step.path)
  request(plan, work, "fimble/planStep", { plan = plan.id, step = step.id }, function(result)
    plan.drafted[step.id] = result.edit and true or nil
    draw(plan)
    on_draft(result)
  end)
end

---@param plan fimble.Plan
---@param step fimble.Step
local function show(plan, step)
  local work = begin(step.path)
  local function write()
    draft(plan, work, step, function(result)
      -- A step is applied with the others, so here it is only looked at.
      result.edit = nil
      proposal.show(work.window, plan.server, result, { retry = write })
    end)
  end
  write()
end

---@param plan fimble.Plan
---@param consent table<string, any> what the user has agreed to
local function run(plan, consent)
  local work = begin(consent.command)
  local parameters = { command = consent.command, consent = consent.consent, textDocument = plan.document }
  request(plan, work, "fimble/runCommand", parameters, function(outcome)
    local ending = outcome.exitCode and ("exit code %d"):format(outcome.exitCode) or "its time was up"
    work.window.title = ("%s: %s, %.1f s"):format(outcome.command, ending, outcome.seconds)
    local talk = {
      keys = { "c" },
      name = "talk about it",
      run = function()
        preview.close(work.window)
        require("fimble.chat").talk_about(outcome.output)
      end,
    }
    local lines = vim.split(vim.trim(outcome.output), "\n", { plain = true })
    preview.show(work.window, lines, "", { preview.closing(work.window, "close"), talk })
  end)
end

---Ask whether the tests are to be run now.
---@param plan fimble.Plan
local function offer_tests(plan)
  if not plan.testCommand then
    return
  end
  local parameters = { command = plan.testCommand, textDocument = plan.document }
  client.ask(plan.server, "fimble/runCommand", parameters, function(consent)
    vim.ui.select({ "no", "yes" }, {
      prompt = ("Run `%s` in %s?"):format(consent.command, consent.folder),
    }, function(choice)
      if choice == "yes" then
        run(plan, consent)
      end
    end)
  end)
end

---Draft what is ticked and not drafted, then show all of it as one.
---@param plan fimble.Plan
local function apply(plan)
  local chosen = vim.tbl_filter(function(step)
    return plan.ticked[step.id] ~= nil
  end, plan.steps)
  if #chosen == 0 then
    vim.notify("Fimble: no step is ticked.", vim.log.levels.WARN)
    return
  end
  local ids = vim.tbl_map(function(step)
    return step.id
  end, chosen)
  local work = begin("plan")
  local function go_on()
    local step = vim.iter(chosen):find(function(one)
      return not plan.drafted[one.id]
    end)
    if step then
      draft(plan, work, step, function(result)
        if plan.drafted[step.id] then
          go_on()
        else
          proposal.show(work.window, plan.server, result)
        end
      end)
      return
    end
    request(plan, work, "fimble/applyPlan", { plan = plan.id, steps = ids }, function(result)
      work.window.title = plan.question
      proposal.show(work.window, plan.server, result, {
        on_accept = function()
          -- What is drafted now was made for files that have just changed.
          plan.drafted = {}
          draw(plan)
          offer_tests(plan)
        end,
      })
    end)
  end
  go_on()
end

---@param plan fimble.Plan
---@param to_enter boolean
local function open(plan, to_enter)
  plan.bufnr = vim.api.nvim_create_buf(false, true)
  vim.bo[plan.bufnr].bufhidden = "wipe"
  vim.bo[plan.bufnr].filetype = "markdown"
  local place = { split = "below", win = -1, height = math.min(#plan.steps + HEAD + 4, 15) }
  local window = vim.api.nvim_open_win(plan.bufnr, to_enter, place)
  draw(plan)
  vim.api.nvim_win_set_cursor(window, { HEAD + 1, 0 })
  local function map(key, name, action)
    vim.keymap.set("n", key, action, { buffer = plan.bufnr, nowait = true, desc = "Fimble: " .. name })
  end
  local function on_step(action)
    return function()
      local step = step_here(plan)
      if step then
        action(plan, step)
      end
    end
  end
  map(
    "<Space>",
    "tick or untick the step",
    on_step(function(_, step)
      plan.ticked[step.id] = not plan.ticked[step.id] or nil
      draw(plan)
    end)
  )
  map("<CR>", "show the diff of the step", on_step(show))
  map("a", "apply what is ticked", function()
    apply(plan)
  end)
end

---Make a plan.
---@param question string what is to be done
function M.run(question)
  local server = client.get_or_tell()
  if not server then
    return
  elseif question == "" then
    vim.notify(":Fimble plan takes what is to be done.", vim.log.levels.ERROR)
    return
  end
  local document, origin = vim.lsp.util.make_text_document_params(), vim.api.nvim_get_current_buf()
  vim.api.nvim_echo({ { "Fimble makes a plan …" } }, false, {})
  client.ask(server, "fimble/plan", { question = question, textDocument = document }, function(made)
    -- Who types meanwhile, or has gone elsewhere, is not taken away from there.
    local is_idle = vim.api.nvim_get_current_buf() == origin and vim.api.nvim_get_mode().mode == "n"
    if not is_idle then
      vim.api.nvim_echo({ { "Fimble made a plan; it is in the window below." } }, false, {})
    end
    local ticked = {} ---@type table<integer, true>
    for _, step in ipairs(made.steps) do
      ticked[step.id] = true
    end
    open({
      server = server,
      document = document,
      bufnr = 0,
      id = made.plan,
      question = question,
      steps = made.steps,
      refused = made.refused,
      testCommand = made.testCommand,
      ticked = ticked,
      drafted = {},
    }, is_idle)
  end)
end

return M
