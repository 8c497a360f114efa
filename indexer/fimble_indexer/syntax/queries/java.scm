(class_declaration name: (_) @name body: (_) @body) @definition.class
(record_declaration name: (_) @name body: (_) @body) @definition.class
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(annotation_type_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(method_declaration name: (_) @name body: (_) @body) @definition.method
(method_declaration name: (_) @name !body) @definition.method
(annotation_type_element_declaration name: (_) @name) @definition.method
(compact_constructor_declaration name: (_) @name body: (_) @body) @definition.method
(constructor_declaration name: (_) @name body: (_) @body) @definition.method
(field_declaration declarator: (variable_declarator name: (_) @name)) @definition.field
(constant_declaration declarator: (variable_declarator name: (_) @name)) @definition.field
(enum_constant name: (_) @name) @definition.constant

(line_comment) @comment
(block_comment) @comment

(method_invocation name: (identifier) @reference)
(method_invocation object: (identifier) @reference)
(field_access object: (identifier) @reference)
(method_reference . (identifier) @reference)
(type_identifier) @reference
(annotation name: (identifier) @reference)
(marker_annotation name: (identifier) @reference)

(import_declaration (scoped_identifier) @import.path . ";")
(import_declaration (scoped_identifier) @import.module (asterisk) @import.name)
