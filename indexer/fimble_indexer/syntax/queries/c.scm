(function_definition
  declarator: (function_declarator declarator: (_) @name) body: (_) @body) @definition.function
(function_definition
  declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name))
  body: (_) @body) @definition.function
(function_definition
  declarator: (pointer_declarator
    declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)))
  body: (_) @body) @definition.function

(declaration declarator: (function_declarator declarator: (identifier) @name)) @definition.prototype
(declaration
  declarator: (pointer_declarator
    declarator: (function_declarator declarator: (identifier) @name))) @definition.prototype
(declaration
  declarator: (pointer_declarator declarator: (pointer_declarator
    declarator: (function_declarator declarator: (identifier) @name)))) @definition.prototype
(type_definition
  type: (struct_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.struct
(type_definition
  type: (union_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.struct
(type_definition
  type: (enum_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.enum
(type_definition type: (_ name: (_) body: (_)) declarator: (type_identifier) @name @definition.type)
(type_definition declarator: (type_identifier) @name) @definition.type
(type_definition declarator: (pointer_declarator declarator: (type_identifier) @name)) @definition.type
(type_definition declarator: (array_declarator declarator: (type_identifier) @name)) @definition.type
(type_definition declarator: (function_declarator declarator: (type_identifier) @name)) @definition.type
(type_definition
  declarator: (pointer_declarator
    declarator: (function_declarator
      declarator: (parenthesized_declarator
        (pointer_declarator declarator: (type_identifier) @name))))) @definition.type
(type_definition
  declarator: (function_declarator
    declarator: (parenthesized_declarator
      (pointer_declarator declarator: (type_identifier) @name)))) @definition.type
(struct_specifier name: (type_identifier) @name body: (_) @body) @definition.struct
(union_specifier name: (type_identifier) @name body: (_) @body) @definition.struct
(enum_specifier name: (type_identifier) @name body: (_) @body) @definition.enum
(enumerator name: (identifier) @name) @definition.constant
(field_declaration declarator: (field_identifier) @name) @definition.field
(field_declaration
  declarator: (pointer_declarator declarator: (field_identifier) @name)) @definition.field
(field_declaration
  declarator: (pointer_declarator
    declarator: (pointer_declarator declarator: (field_identifier) @name))) @definition.field
(field_declaration
  declarator: (array_declarator declarator: (field_identifier) @name)) @definition.field
(field_declaration
  declarator: (array_declarator
    declarator: (array_declarator declarator: (field_identifier) @name))) @definition.field
(field_declaration
  declarator: (pointer_declarator
    declarator: (array_declarator declarator: (field_identifier) @name))) @definition.field
(field_declaration
  declarator: (function_declarator declarator: (parenthesized_declarator
    (pointer_declarator declarator: (field_identifier) @name)))) @definition.field
(field_declaration
  declarator: (pointer_declarator
    declarator: (function_declarator declarator: (parenthesized_declarator
      (pointer_declarator declarator: (field_identifier) @name))))) @definition.field
(preproc_def name: (identifier) @name) @definition.macro
(preproc_function_def name: (identifier) @name) @definition.macro
(declaration declarator: (init_declarator declarator: (identifier) @name)) @definition.declared
(declaration declarator: (identifier) @name) @definition.declared
(declaration
  declarator: (init_declarator
    declarator: (array_declarator declarator: (identifier) @name))) @definition.declared
(declaration
  declarator: (init_declarator
    declarator: (array_declarator
      declarator: (array_declarator declarator: (identifier) @name)))) @definition.declared
(declaration
  declarator: (init_declarator
    declarator: (pointer_declarator declarator: (identifier) @name))) @definition.declared
(declaration
  declarator: (init_declarator
    declarator: (pointer_declarator
      declarator: (array_declarator declarator: (identifier) @name)))) @definition.declared
(declaration declarator: (array_declarator declarator: (identifier) @name)) @definition.declared
(declaration declarator: (pointer_declarator declarator: (identifier) @name)) @definition.declared

(compound_statement (declaration) @local)
(case_statement (declaration) @local)
(for_statement (declaration) @local)

(comment) @comment

(call_expression function: (identifier) @reference)
(call_expression function: (field_expression field: (field_identifier) @reference))
(type_identifier) @reference

(preproc_include path: (string_literal) @import.module)
(preproc_include path: (system_lib_string) @import.module)
