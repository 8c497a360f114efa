/** A plan over several files: drafted step by step, looked at, and applied as one edit. */

import { window } from "vscode";
import type { WorkspaceEdit as ProtocolEdit } from "vscode-languageclient/node";

import { ask } from "../edits/asking";
import { converted } from "../edits/conversion";
import { applyEdit, type Preview, type Previews } from "../edits/preview";
import { plain, sentence } from "../errors";
import type { Session } from "../session";
import type { Plan, PlanEdit, StepDraft } from "./protocol";
import { begun, ticked, undrafted, withDraft, withTick, type PlanState } from "./state";

export interface PlanTools {
  readonly session: Session;
  readonly previews: Previews;
  /** Called with the plan whenever something became of it. */
  readonly onChange: (state: PlanState) => void;
}

export class OpenPlan {
  private current: PlanState;

  constructor(
    private readonly plan: Plan,
    private readonly tools: PlanTools,
  ) {
    this.current = begun(plan);
  }

  get state(): PlanState {
    return this.current;
  }

  tick(id: number, isTicked: boolean): void {
    this.update(withTick(this.current, id, isTicked));
  }

  /** Has a step written and shows it. It is applied with the others, so accepting it here chooses it. */
  async preview(id: number): Promise<void> {
    const draft = await this.working(() => this.draft(id));
    if (draft?.edit) {
      const accept = (): void => {
        this.tick(id, true);
      };
      await this.show(`Step ${String(id)}`, draft.edit, accept, () => this.preview(id));
    }
  }

  /** Has written what is chosen and not written yet, and shows all of it as one edit to accept. */
  async apply(): Promise<void> {
    const steps = ticked(this.current);
    const made = await this.working(async () => {
      for (const { id, isDrafted } of steps) {
        if (!isDrafted && !(await this.draft(id))?.edit) {
          void window.showWarningMessage(`There is no edit for step ${String(id)}. Untick it, or preview it again.`);
          return undefined;
        }
      }
      return this.asOne(steps.map(({ id }) => id));
    });
    if (made === undefined) {
      return;
    }
    const { edit, problems } = made;
    await this.show(
      "Plan",
      edit,
      async (shown) => {
        // As after a refactoring VS Code saves the files, if its user did not switch that off: commands read the disk.
        if (await applyEdit(shown, { isRefactoring: true })) {
          this.update({ ...undrafted(this.current), isApplied: true });
        }
      },
      async () => {
        this.update(undrafted(this.current));
        await this.apply();
      },
    );
    if (problems.length > 0) {
      void window.showWarningMessage(plain(problems.join(" ")));
    }
  }

  private async draft(id: number): Promise<StepDraft | undefined> {
    const step = this.current.steps.find((each) => each.id === id);
    const title = `${step?.action ?? ""} ${step?.path ?? ""}`;
    const draft = await ask<StepDraft>(this.tools.session, title, "fimble/planStep", {
      plan: this.plan.plan,
      step: id,
    });
    this.update(withDraft(this.current, id, draft));
    return draft;
  }

  private async asOne(steps: readonly number[]): Promise<PlanEdit | undefined> {
    try {
      return await this.tools.session.request<PlanEdit>("fimble/applyPlan", { plan: this.plan.plan, steps });
    } catch (error) {
      // Mostly a file was changed since; whatever it is, the next attempt begins with new drafts.
      this.update(undrafted(this.current));
      void window.showErrorMessage(sentence(error));
      return undefined;
    }
  }

  private async show(
    command: string,
    edit: ProtocolEdit,
    accept: Preview["accept"],
    retry: Preview["retry"],
  ): Promise<void> {
    const { session, previews } = this.tools;
    await previews.show({ ...(await converted(session, edit)), command, accept, retry });
  }

  /** Lets the model work on one thing at a time; undefined while it works on another. */
  private async working<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.current.isWorking) {
      return undefined;
    }
    this.update({ ...this.current, isWorking: true });
    try {
      return await work();
    } finally {
      this.update({ ...this.current, isWorking: false });
    }
  }

  private update(state: PlanState): void {
    this.current = state;
    this.tools.onChange(state);
  }
}
