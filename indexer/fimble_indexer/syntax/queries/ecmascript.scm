(export_statement (class_declaration name: (_) @name body: (_) @body)) @definition.class
(export_statement (function_declaration name: (_) @name body: (_) @body)) @definition.function
(export_statement (generator_function_declaration name: (_) @name body: (_) @body)) @definition.function
(class_declaration name: (_) @name body: (_) @body) @definition.class
(function_declaration name: (_) @name body: (_) @body) @definition.function
(generator_function_declaration name: (_) @name body: (_) @body) @definition.function
(class_body (method_definition name: (_) @name body: (_) @body) @definition.method)
(method_definition name: (_) @name body: (_) @body) @definition.method

(export_statement (lexical_declaration (variable_declarator
  name: (identifier) @name value: (arrow_function body: (_) @body)))) @definition.function
(export_statement (lexical_declaration (variable_declarator
  name: (identifier) @name value: (function_expression body: (_) @body)))) @definition.function
(lexical_declaration (variable_declarator
  name: (identifier) @name value: (arrow_function body: (_) @body))) @definition.function
(lexical_declaration (variable_declarator
  name: (identifier) @name value: (function_expression body: (_) @body))) @definition.function
(variable_declaration (variable_declarator
  name: (identifier) @name value: (arrow_function body: (_) @body))) @definition.function
(variable_declaration (variable_declarator
  name: (identifier) @name value: (function_expression body: (_) @body))) @definition.function
(lexical_declaration (variable_declarator
  name: (identifier) @name value: (class body: (_) @body))) @definition.class
(assignment_expression
  left: (member_expression property: (_) @name)
  right: (function_expression body: (_) @body)) @definition.function
(assignment_expression
  left: (member_expression property: (_) @name)
  right: (arrow_function body: (_) @body)) @definition.function
(pair
  key: (property_identifier) @name
  value: (function_expression body: (_) @body)) @definition.function
(pair
  key: (property_identifier) @name
  value: (arrow_function body: (_) @body)) @definition.function

(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name)) )
  @definition.variable)
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @definition.variable)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @definition.variable)

(comment) @comment

(export_statement (export_clause (export_specifier name: (_) @export)) !source)
(export_statement value: (identifier) @export)
(assignment_expression
  left: (member_expression) @_exports
  right: [
    (identifier) @export
    (object (shorthand_property_identifier) @export)
    (object (pair value: (identifier) @export))
  ]
  (#match? @_exports "^(module\\.)?exports\\b"))

(call_expression function: (identifier) @reference)
(call_expression function: (member_expression property: (property_identifier) @reference))
(member_expression object: (identifier) @reference)
(new_expression constructor: (identifier) @reference)
(new_expression constructor: (member_expression property: (property_identifier) @reference))
(arguments (identifier) @reference)
(decorator (identifier) @reference)

(import_statement
  (import_clause (identifier) @import.default) source: (string) @import.module)
(import_statement
  (import_clause (namespace_import (identifier) @import.alias)) source: (string) @import.module)
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @import.name !alias)))
  source: (string) @import.module)
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @import.name alias: (_) @import.alias)))
  source: (string) @import.module)
(import_statement . "import" . source: (string) @import.module)
(export_statement
  (export_clause (export_specifier name: (_) @import.name)) source: (string) @import.module)
(export_statement "*" source: (string) @import.module)

(variable_declarator
  name: (identifier) @import.alias
  value: (call_expression
    function: (identifier) @import.by arguments: (arguments . (string) @import.module)))
(variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @import.name)
  value: (call_expression
    function: (identifier) @import.by arguments: (arguments . (string) @import.module)))
(variable_declarator
  name: (object_pattern (pair_pattern key: (_) @import.name value: (identifier) @import.alias))
  value: (call_expression
    function: (identifier) @import.by arguments: (arguments . (string) @import.module)))
