(class_declaration name: (_) @name body: (_) @body) @definition.class
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(trait_declaration name: (_) @name body: (_) @body) @definition.trait
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(enum_case name: (_) @name) @definition.constant
(function_definition name: (_) @name body: (_) @body) @definition.function
(method_declaration name: (_) @name body: (_) @body) @definition.method
(method_declaration name: (_) @name !body) @definition.method
(namespace_definition name: (_) @name body: (_) @body) @definition.module
(namespace_definition name: (_) @name !body) @definition.module @following
(const_declaration (const_element (name) @name)) @definition.constant
(property_declaration (property_element name: (variable_name (name) @name))) @definition.field

(comment) @comment

(function_call_expression function: (name) @reference)
(function_call_expression function: (qualified_name (name) @reference))
(member_call_expression name: (name) @reference)
(scoped_call_expression name: (name) @reference)
(scoped_call_expression scope: (name) @reference)
(class_constant_access_expression . (name) @reference)
(object_creation_expression (name) @reference)
(base_clause (name) @reference)
(class_interface_clause (name) @reference)
(named_type (name) @reference)

(namespace_use_declaration (namespace_use_clause) @import.path)
(namespace_use_declaration
  (namespace_name) @import.prefix (namespace_use_group (namespace_use_clause) @import.path))
(include_expression (string) @import.module)
(include_once_expression (string) @import.module)
(require_expression (string) @import.module)
(require_once_expression (string) @import.module)
