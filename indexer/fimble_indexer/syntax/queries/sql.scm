(create_table (object_reference) @name . (column_definitions) @body) @definition.table
(create_table . (_)* . (object_reference) @name (create_query)) @definition.table
(create_view (object_reference) @name . (keyword_as) @body) @definition.view
(create_view (object_reference) @name) @definition.view
(create_materialized_view (object_reference) @name . (keyword_as) @body) @definition.view
(create_function . (_)* . (object_reference) @name . (function_arguments) (function_body) @body) @definition.function
(create_procedure
  . (_)* . (object_reference) @name . (function_arguments) (procedure_body) @body) @definition.function
(create_type (object_reference) @name) @definition.type
(create_schema (identifier) @name) @definition.module
(column_definitions (column_definition name: (_) @name) @definition.field)

(comment) @comment
(marginalia) @comment

(relation (object_reference name: (identifier) @reference))
(from (object_reference name: (identifier) @reference))
(insert (object_reference name: (identifier) @reference))
(alter_table (object_reference name: (identifier) @reference))
(create_index (object_reference name: (identifier) @reference))
(create_trigger (object_reference name: (identifier) @reference))
(constraint (object_reference name: (identifier) @reference))
(column_definition (object_reference name: (identifier) @reference))
(invocation (object_reference name: (identifier) @reference))
