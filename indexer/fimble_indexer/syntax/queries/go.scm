(function_declaration name: (_) @name body: (_) @body) @definition.function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (_) @receiver))
  name: (_) @name body: (_) @body) @definition.method
(type_declaration (type_spec
  name: (_) @name type: (struct_type (field_declaration_list) @body))) @definition.struct
(type_declaration (type_spec name: (_) @name type: (interface_type))) @definition.interface
(type_declaration (type_spec name: (_) @name)) @definition.type
(type_declaration (type_alias name: (_) @name)) @definition.type
(source_file (const_declaration (const_spec name: (identifier) @name) @definition.constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @definition.variable))
(source_file (var_declaration
  (var_spec_list (var_spec name: (identifier) @name) @definition.variable)))
(interface_type (method_elem name: (_) @name) @definition.method)
(field_declaration name: (_) @name) @definition.field

(comment) @comment

(call_expression function: (identifier) @reference)
(call_expression function: (selector_expression field: (field_identifier) @reference))
(selector_expression operand: (identifier) @reference)
(type_identifier) @reference
(qualified_type package: (package_identifier) @reference)

(import_spec !name path: (_) @import.module)
(import_spec name: (_) @import.alias path: (_) @import.module)
