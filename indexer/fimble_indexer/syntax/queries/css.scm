(rule_set (selectors (class_selector (class_name (identifier) @name))) (block) @body) @definition.selector
(rule_set (selectors (_ (class_selector (class_name (identifier) @name)))) (block) @body) @definition.selector
(rule_set (selectors (id_selector (id_name) @name)) (block) @body) @definition.selector
(rule_set (selectors (_ (id_selector (id_name) @name))) (block) @body) @definition.selector
(keyframes_statement (keyframes_name) @name (keyframe_block_list) @body) @definition.animation
((declaration (property_name) @name) @definition.variable (#match? @name "^--"))

(comment) @comment

((plain_value) @reference (#match? @reference "^--"))

(import_statement [
  (string_value) @import.module
  (call_expression (arguments (string_value) @import.module))
])
