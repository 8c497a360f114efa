(function_item name: (_) @name body: (_) @body) @definition.function
(function_signature_item name: (_) @name) @definition.function
(struct_item name: (_) @name body: (_) @body) @definition.struct
(struct_item name: (_) @name !body) @definition.struct
(union_item name: (_) @name body: (_) @body) @definition.struct
(enum_item name: (_) @name body: (_) @body) @definition.enum
(enum_variant name: (_) @name) @definition.constant
(trait_item name: (_) @name body: (_) @body) @definition.trait
(type_item name: (_) @name) @definition.type
(associated_type name: (_) @name) @definition.type
(const_item name: (_) @name) @definition.constant
(static_item name: (_) @name) @definition.variable
(macro_definition name: (_) @name) @definition.macro
(mod_item name: (_) @name body: (_) @body) @definition.module
(field_declaration name: (_) @name) @definition.field
(impl_item trait: (_) type: (_) @name body: (_)) @scope.open
(impl_item type: (_) @name body: (_)) @scope

(line_comment) @comment
(block_comment) @comment
(attribute_item) @attribute

(call_expression function: (identifier) @reference)
(call_expression function: (field_expression field: (field_identifier) @reference))
(call_expression function: (scoped_identifier name: (identifier) @reference))
(call_expression function: (generic_function function: (identifier) @reference))
(scoped_identifier path: (identifier) @reference)
(macro_invocation macro: (identifier) @reference)
(type_identifier) @reference

(use_declaration argument: (_) @import.path)
(mod_item name: (_) @import.module !body)
