(class_declaration declaration_kind: "struct" name: (_) @name body: (_) @body) @definition.struct
(class_declaration declaration_kind: "enum" name: (_) @name body: (_) @body) @definition.enum
(class_declaration declaration_kind: ["class" "actor"] name: (_) @name body: (_) @body) @definition.class
(class_declaration declaration_kind: "extension" name: (_) @name body: (_)) @scope
(protocol_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_entry name: (simple_identifier) @name) @definition.constant
(function_declaration "func" . name: _ @name body: (_) @body) @definition.function
(protocol_function_declaration "func" . name: _ @name) @definition.method
(init_declaration name: "init" @name body: (_) @body) @definition.method
(init_declaration name: "init" @name !body) @definition.method
(protocol_property_declaration name: (pattern bound_identifier: (_) @name)) @definition.property
(class_body (property_declaration
  name: (pattern bound_identifier: (_) @name) computed_value: (_) @body) @definition.property)
(class_body (property_declaration name: (pattern bound_identifier: (_) @name)) @definition.property)
(enum_class_body (property_declaration
  name: (pattern bound_identifier: (_) @name) computed_value: (_) @body) @definition.property)
(source_file (property_declaration name: (pattern bound_identifier: (_) @name)) @definition.variable)
(typealias_declaration . (modifiers)? . "typealias" . name: (_) @name) @definition.type
(associatedtype_declaration name: (_) @name) @definition.type
(macro_declaration (simple_identifier) @name) @definition.macro

(comment) @comment
(multiline_comment) @comment

(call_expression . (simple_identifier) @reference)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @reference)))
(navigation_expression target: (simple_identifier) @reference)
(user_type (type_identifier) @reference)

(import_declaration (identifier) @import.module)
