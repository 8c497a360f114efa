(class_declaration name: (_) @name (enum_class_body) @body) @definition.enum
(class_declaration "interface" name: (_) @name (class_body) @body) @definition.interface
(class_declaration "interface" name: (_) @name) @definition.interface
(class_declaration name: (_) @name (class_body) @body) @definition.class
(class_declaration name: (_) @name) @definition.class
(object_declaration name: (_) @name (class_body) @body) @definition.class
(object_declaration name: (_) @name) @definition.class
(enum_entry (identifier) @name) @definition.constant
(function_declaration name: (_) @name (function_body) @body) @definition.function
(function_declaration name: (_) @name) @definition.function
(type_alias type: (_) @name) @definition.type
(class_parameter ["val" "var"] . (identifier) @name) @definition.property
(class_body (property_declaration (variable_declaration . (identifier) @name)) @definition.property)
(enum_class_body (property_declaration (variable_declaration . (identifier) @name)) @definition.property)
(source_file (property_declaration (variable_declaration . (identifier) @name)) @definition.variable)
(source_file (property_declaration
  (multi_variable_declaration (variable_declaration . (identifier) @name))) @definition.variable)
(package_header (qualified_identifier) @name) @definition.module @following

(line_comment) @comment
(block_comment) @comment

(call_expression . (identifier) @reference)
(call_expression . (navigation_expression (identifier) @reference .))
(navigation_expression . (identifier) @reference)
(user_type (identifier) @reference)

(import) @import.path
