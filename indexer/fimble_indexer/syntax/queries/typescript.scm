(export_statement (interface_declaration name: (_) @name body: (_) @body)) @definition.interface
(export_statement (enum_declaration name: (_) @name body: (_) @body)) @definition.enum
(export_statement (type_alias_declaration name: (_) @name)) @definition.type
(export_statement (abstract_class_declaration name: (_) @name body: (_) @body)) @definition.class
(export_statement (internal_module name: (_) @name body: (_) @body)) @definition.module
(export_statement (function_signature name: (_) @name)) @definition.function
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(type_alias_declaration name: (_) @name) @definition.type
(abstract_class_declaration name: (_) @name body: (_) @body) @definition.class
(internal_module name: (_) @name body: (_) @body) @definition.module
(function_signature name: (_) @name) @definition.function
(class_body (method_signature name: (_) @name) @definition.method)
(abstract_method_signature name: (_) @name) @definition.method
(interface_body (method_signature name: (_) @name) @definition.method)
(interface_body (property_signature name: (_) @name) @definition.field)
(public_field_definition name: (_) @name) @definition.field
(required_parameter (accessibility_modifier) pattern: (identifier) @name) @definition.parameter
(optional_parameter (accessibility_modifier) pattern: (identifier) @name) @definition.parameter
(enum_body name: (_) @name @definition.constant)
(enum_body (enum_assignment name: (_) @name) @definition.constant)

(type_identifier) @reference
(extends_clause value: (identifier) @reference)
