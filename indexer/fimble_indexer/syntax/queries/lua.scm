(function_declaration name: (_) @name body: (_) @body) @definition.function
(function_declaration name: (_) @name !body) @definition.function
(assignment_statement
  (variable_list . name: (_) @name)
  (expression_list . value: (function_definition body: (_) @body))) @definition.function
(assignment_statement
  (variable_list . name: (_) @name)
  (expression_list . value: (function_definition !body))) @definition.function
(field name: (identifier) @name value: (function_definition body: (_) @body)) @definition.function
(field name: (identifier) @name value: (function_definition !body)) @definition.function
(chunk (variable_declaration
  (assignment_statement (variable_list name: (identifier) @name))) @definition.variable)
(chunk (assignment_statement (variable_list name: (identifier) @name)) @definition.variable)

(comment) @comment

(function_call name: (identifier) @reference)
(function_call name: (dot_index_expression field: (identifier) @reference))
(function_call name: (method_index_expression method: (identifier) @reference))
(dot_index_expression table: (identifier) @reference)
(method_index_expression table: (identifier) @reference)

(variable_declaration
  (assignment_statement
    (variable_list . name: (identifier) @import.alias)
    (expression_list . value: (function_call
      name: (identifier) @import.by arguments: (arguments . (string) @import.module)))))
