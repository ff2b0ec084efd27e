// The last line of a run: how many browser tests there were, and on which databases.
import type { FullResult, Reporter, Suite, TestCase } from '@playwright/test/reporter';

export default class Summary implements Reporter {
  private tests: TestCase[] = [];

  onBegin(_: unknown, suite: Suite): void {
    this.tests = suite.allTests();
  }

  printsToStdio(): boolean {
    return false;
  }

  onEnd(result: FullResult): void {
    const count = (outcome: ReturnType<TestCase['outcome']>): number => this.tests.filter((test) => test.outcome() === outcome).length;
    const projects = new Set(this.tests.map((test) => test.parent.project()?.name.replace(/-.*/, '')));
    const seconds = Math.round(result.duration / 1000);
    console.log(
      `browser tests: ${this.tests.length} (${count('expected')} passed, ${count('unexpected')} failed, ${count('skipped')} not run) ` +
        `on ${[...projects].join(' and ')} in ${seconds} s`,
    );
  }
}
