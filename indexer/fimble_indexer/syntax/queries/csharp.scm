(class_declaration name: (_) @name body: (_) @body) @definition.class
(record_declaration name: (_) @name) @definition.class
(struct_declaration name: (_) @name body: (_) @body) @definition.struct
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(enum_member_declaration name: (_) @name) @definition.constant
(namespace_declaration name: (_) @name body: (_) @body) @definition.module
(file_scoped_namespace_declaration name: (_) @name) @definition.module @following
(method_declaration name: (_) @name body: (_) @body) @definition.method
(method_declaration name: (_) @name !body) @definition.method
(constructor_declaration name: (_) @name body: (_) @body) @definition.method
(local_function_statement name: (_) @name body: (_) @body) @definition.function
(property_declaration name: (_) @name accessors: (_) @body) @definition.property
(property_declaration name: (_) @name) @definition.property
(delegate_declaration name: (_) @name) @definition.type
(event_field_declaration
  (variable_declaration (variable_declarator name: (_) @name))) @definition.field
(field_declaration (variable_declaration (variable_declarator name: (_) @name))) @definition.field

(comment) @comment

(invocation_expression function: (identifier) @reference)
(invocation_expression function: (member_access_expression name: (identifier) @reference))
(invocation_expression function: (generic_name (identifier) @reference))
(member_access_expression expression: (identifier) @reference)
(object_creation_expression type: (identifier) @reference)
(base_list (identifier) @reference)
(generic_name (identifier) @reference)
(type_argument_list (identifier) @reference)
(parameter type: (identifier) @reference)
(variable_declaration type: (identifier) @reference)
(property_declaration type: (identifier) @reference)
(method_declaration returns: (identifier) @reference)
(attribute name: (identifier) @reference)

(using_directive "using" . (_) @import.module . ";")
(using_directive "static" . (_) @import.module . ";")
(using_directive name: (identifier) @import.alias (_) @import.module .)
