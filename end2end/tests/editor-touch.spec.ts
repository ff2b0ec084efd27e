// The class editor under fingers, on a tablet: upright each row is a card whose form opens; lying down there is room for the table.
import type { Locator, Page } from '@playwright/test';

import { axeFinds } from '../support/axe.ts';
import { COLUMN, cell, isSaved, openEditor, row, value } from '../support/editor.ts';
import { asStaff } from '../support/staff.ts';
import { expect, test } from '../support/test.ts';
import { en, pattern } from '../support/words.ts';

/** Rows of 11А. */
const ROWS = { form: 16, table: 17, next: 18 };
/** What a form's fields and buttons measure at least, in px. */
const FINGER = 44;
/** What everything that can be pressed measures at least (WCAG 2.2, SC 2.5.8). */
const LEAST = 24;

/** What is smaller than it should be. */
async function tooSmall(controls: Locator, least: number): Promise<string[]> {
  const sizes = await controls.evaluateAll((found) =>
    found
      .filter((element) => element.checkVisibility())
      .map((element) => {
        const { width, height } = element.getBoundingClientRect();
        return { name: element.outerHTML.slice(0, 80), size: Math.round(Math.min(width, height) * 10) / 10 };
      }),
  );
  expect(sizes.length, 'there is something to press').toBeGreaterThan(0);
  return sizes.filter(({ size }) => size < least).map(({ name, size }) => `${size} px: ${name}`);
}

const field = (page: Page, column: number): Locator => page.locator(`#f-c${ROWS.form}-${column}`);
/** How a field of the form is: below it. */
const state = (page: Page, column: number): Locator => page.locator(`#f-c${ROWS.form}-${column}-s`);

test.describe('a tablet upright', () => {
  test.use({ viewport: { width: 820, height: 1180 }, hasTouch: true });

  test('a tap opens a row’s form; what is typed is saved, what is no value stays and can be put back', async ({ page, context, portal }) => {
    await asStaff(context, portal, 'admin-5');
    const before = (await row(portal, '11А', ROWS.form)).student.fields;
    await openEditor(page, portal, '11А');
    await expect(page.locator('.ed-h'), 'there is no room for the table').toBeHidden();
    await cell(page, ROWS.form, COLUMN.email).tap();
    const form = page.locator(`#r${ROWS.form} .ed-f`);
    await expect(form).toBeVisible();
    await expect(page.locator('.ed-f')).toHaveCount(1);

    portal.note('touch@primer.example');
    await field(page, COLUMN.email).tap();
    await field(page, COLUMN.email).fill('touch@primer.example');
    // Without leaving the field: after some rest.
    await expect(state(page, COLUMN.email)).toContainText(pattern('en', 'editor', 'saved_at'));
    expect((await row(portal, '11А', ROWS.form)).student.fields.email).toBe('touch@primer.example');

    await field(page, COLUMN.mobile).tap();
    await field(page, COLUMN.mobile).fill('+7 3467 33-33-33');
    await field(page, COLUMN.patronymic).tap();
    await expect(field(page, COLUMN.mobile)).toHaveAttribute('aria-invalid', 'true');
    await expect(state(page, COLUMN.mobile)).toContainText(en('editor', 'fault_mobile_landline'));
    await expect(field(page, COLUMN.mobile)).toHaveValue('+7 3467 33-33-33');
    await state(page, COLUMN.mobile).getByRole('button', { name: en('editor', 'give_up') }).tap();
    await expect(field(page, COLUMN.mobile)).not.toHaveAttribute('aria-invalid', 'true');
    await expect(field(page, COLUMN.mobile), 'what is on file stands in the field again').not.toHaveValue('+7 3467 33-33-33');
    expect((await row(portal, '11А', ROWS.form)).student.fields.mobile).toBe(before.mobile);

    expect(await tooSmall(form.locator('input, .btns button'), FINGER)).toEqual([]);
    expect(await axeFinds(page), 'with the form open').toEqual([]);
    await form.getByRole('button', { name: en('editor', 'done'), exact: true }).tap();
    await expect(form).toHaveCount(0);
    await expect(page.locator(`#e${ROWS.form}`)).toBeFocused();
    await expect(value(page, ROWS.form, COLUMN.email)).toHaveText('touch@primer.example');
    expect(await tooSmall(page.locator('.toolbar .btn, .pick-class a, nav.tabs a'), LEAST)).toEqual([]);
    expect(await axeFinds(page, ['target-size']), 'cards').toEqual([]);
  });
});

test.describe('a tablet lying down', () => {
  test.use({ viewport: { width: 1180, height: 820 }, hasTouch: true });

  test('a tap opens a cell of the table; a tap on another one saves it', async ({ page, context, portal }) => {
    await asStaff(context, portal, 'admin-5');
    await openEditor(page, portal, '11А');
    await expect(page.locator('.ed-h')).toBeVisible();
    const mine = cell(page, ROWS.table, COLUMN.email);
    const next = cell(page, ROWS.next, COLUMN.email);
    portal.note('table@primer.example', 'beside@primer.example');
    await mine.tap();
    await expect(mine.locator('input')).toBeFocused();
    await mine.locator('input').fill('table@primer.example');
    await next.tap();
    await isSaved(page, ROWS.table, COLUMN.email);
    await expect(next.locator('input')).toBeFocused();
    await next.locator('input').fill('beside@primer.example');
    // A tap beside the table ends the work there.
    await page.getByRole('heading', { level: 1 }).tap();
    await isSaved(page, ROWS.next, COLUMN.email);
    await expect(page.locator('#grid input')).toHaveCount(0);
    for (const [at, email] of [[ROWS.table, 'table@primer.example'], [ROWS.next, 'beside@primer.example']] as const) {
      expect((await row(portal, '11А', at)).student.fields.email).toBe(email);
    }
    expect(await tooSmall(page.locator('.toolbar .btn, .pick-class a, nav.tabs a'), LEAST)).toEqual([]);
    expect(await axeFinds(page, ['target-size'])).toEqual([]);
  });
});
