(class_definition name: (_) @name body: (_) @body) @definition.class
(class_definition name: (_) @name !body) @definition.class
(object_definition name: (_) @name body: (_) @body) @definition.class
(object_definition name: (_) @name !body) @definition.class
(trait_definition name: (_) @name body: (_) @body) @definition.trait
(trait_definition name: (_) @name !body) @definition.trait
(enum_definition name: (_) @name body: (_) @body) @definition.enum
(simple_enum_case name: (_) @name) @definition.constant
(full_enum_case name: (_) @name) @definition.constant
(function_definition name: (_) @name body: (_) @body) @definition.function
(function_declaration name: (_) @name) @definition.function
(type_definition name: (_) @name) @definition.type
(given_definition name: (_) @name) @definition.variable
(class_parameter ["val" "var"] name: (_) @name) @definition.field
(template_body (val_definition pattern: (identifier) @name) @definition.field)
(template_body (var_definition pattern: (identifier) @name) @definition.field)
(template_body (val_definition pattern: (identifiers (identifier) @name)) @definition.field)
(template_body (var_definition pattern: (identifiers (identifier) @name)) @definition.field)
(template_body (val_declaration name: (_) @name) @definition.field)
(template_body (var_declaration name: (_) @name) @definition.field)
(compilation_unit (val_definition pattern: (identifier) @name) @definition.variable)
(compilation_unit (var_definition pattern: (identifier) @name) @definition.variable)
(package_object name: (_) @name body: (_) @body) @definition.module
(package_clause name: (_) @name body: (_) @body) @definition.module
(package_clause name: (_) @name !body) @definition.module @following

(comment) @comment
(block_comment) @comment

(call_expression function: (identifier) @reference)
(call_expression function: (field_expression field: (identifier) @reference))
(call_expression function: (generic_function function: (identifier) @reference))
(field_expression value: (identifier) @reference)
(type_identifier) @reference

(import_declaration) @import.path
