(template_declaration
  (class_specifier name: (_) @name body: (_) @body)) @definition.class
(template_declaration
  (struct_specifier name: (_) @name body: (_) @body)) @definition.struct
(template_declaration
  (function_definition
    declarator: (function_declarator declarator: (_) @name) body: (_) @body)) @definition.function
(template_declaration (alias_declaration name: (_) @name)) @definition.type
(template_declaration
  (function_definition
    declarator: (reference_declarator (function_declarator declarator: (_) @name)) body: (_) @body)) @definition.function
(template_declaration
  (function_definition
    declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)) body: (_) @body))
  @definition.function
(template_declaration
  (declaration declarator: (function_declarator declarator: (_) @name))) @definition.prototype
(template_declaration
  (declaration
    declarator: (reference_declarator (function_declarator declarator: (_) @name)))) @definition.prototype
(template_declaration
  (declaration
    declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)))) @definition.prototype
(function_definition declarator: (operator_cast) @name body: (_) @body) @definition.function
(function_definition
  declarator: (qualified_identifier name: (operator_cast)) @name body: (_) @body) @definition.function
(declaration declarator: (operator_cast) @name) @definition.prototype
(class_specifier name: (_) @name body: (_) @body) @definition.class
(struct_specifier name: (_) @name body: (_) @body) @definition.struct
(function_definition
  declarator: (reference_declarator (function_declarator declarator: (_) @name))
  body: (_) @body) @definition.function
(function_definition declarator: (function_declarator declarator: (_) @name) !body) @definition.function
(function_definition
  declarator: (reference_declarator (function_declarator declarator: (_) @name)) !body) @definition.function
(field_declaration
  declarator: (function_declarator
    declarator: [(field_identifier) (operator_name)] @name)) @definition.method
(field_declaration
  declarator: (pointer_declarator
    declarator: (function_declarator
      declarator: [(field_identifier) (operator_name)] @name))) @definition.method
(field_declaration
  declarator: (reference_declarator
    (function_declarator declarator: [(field_identifier) (operator_name)] @name))) @definition.method
(field_declaration declarator: (reference_declarator (field_identifier) @name)) @definition.field
(declaration
  declarator: (function_declarator
    declarator: [(destructor_name) (operator_name)] @name)) @definition.prototype
(declaration
  declarator: (reference_declarator
    (function_declarator declarator: [(identifier) (operator_name)] @name))) @definition.prototype
(declaration
  declarator: (pointer_declarator
    declarator: (function_declarator declarator: (operator_name) @name))) @definition.prototype
(namespace_definition name: (_) @name body: (_) @body) @definition.module
(namespace_definition !name body: (_) @name) @scope.hidden
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.type

(call_expression function: (qualified_identifier name: (identifier) @reference))
(call_expression function: (template_function name: (identifier) @reference))
(qualified_identifier scope: (namespace_identifier) @reference)
(new_expression type: (type_identifier) @reference)
