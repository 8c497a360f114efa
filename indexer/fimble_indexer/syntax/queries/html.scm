(element (start_tag (attribute
  (attribute_name) @_id [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)])
  (#eq? @_id "id"))) @definition.element
(element (self_closing_tag (attribute
  (attribute_name) @_id [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)])
  (#eq? @_id "id"))) @definition.element

(comment) @comment

; Elements that the page does not know are called by their names.
((tag_name) @reference (#match? @reference "-"))

(script_element (start_tag (attribute
  (attribute_name) @_source (quoted_attribute_value (attribute_value) @import.module))
  (#eq? @_source "src")))
(element (start_tag (tag_name) @_link (attribute
  (attribute_name) @_target (quoted_attribute_value (attribute_value) @import.module))
  (#eq? @_link "link") (#eq? @_target "href")))
(element (self_closing_tag (tag_name) @_link (attribute
  (attribute_name) @_target (quoted_attribute_value (attribute_value) @import.module))
  (#eq? @_link "link") (#eq? @_target "href")))
