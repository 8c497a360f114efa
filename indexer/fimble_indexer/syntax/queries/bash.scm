(function_definition name: (word) @name body: (_) @body) @definition.function
(program (variable_assignment name: (variable_name) @name) @definition.variable)
(program (declaration_command (variable_assignment name: (variable_name) @name)) @definition.variable)

(comment) @comment

(command name: (command_name (word) @reference))
(simple_expansion (variable_name) @reference)
(expansion (variable_name) @reference)

(command
  name: (command_name (word) @import.by) . argument: (_) @import.module)
