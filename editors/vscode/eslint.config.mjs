import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist/"] },
  eslint.configs.recommended,
  typescript.configs.strictTypeChecked,
  typescript.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.json", "./src/chat/page/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/explicit-function-return-type": ["error", { allowExpressions: true }],
      // Names from an index signature are written in brackets, as the compiler demands.
      "@typescript-eslint/dot-notation": "off",
      eqeqeq: "error",
    },
  },
  {
    files: ["**/*.mjs"],
    extends: [typescript.configs.disableTypeChecked],
    languageOptions: { globals: { process: "readonly" } },
  },
);
