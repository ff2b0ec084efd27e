// Takes the pictures: every page in Hebrew and Russian, home and sign-in in Arabic and English too; phone and desk, light and dark.
import { rmSync } from 'node:fs';
import path from 'node:path';

import { LOOKS, choose, eachLook } from './pages.ts';
import { ROOT, esiaPort } from './places.ts';
import { originOf } from './standin.ts';
import { test } from './test.ts';
import { LOCALES } from './words.ts';

const FOLDER = path.join(ROOT, 'end2end/screenshots');
const WIDTHS = [390, 1280];
const EVERYWHERE = new Set(['home', 'sign-in', 'menu-open']);

for (const locale of LOCALES) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${locale} ${colorScheme}`, async ({ page, context, portal, guard }) => {
      test.setTimeout(300_000);
      const looks = LOOKS.filter((look) => locale === 'he' || locale === 'ru' || EVERYWHERE.has(look.name));
      guard.expects(...looks.flatMap((look) => look.statuses ?? []));
      guard.allowsOrigin(originOf(esiaPort(portal.database, portal.role)));
      rmSync(path.join(FOLDER, locale, colorScheme), { recursive: true, force: true });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await choose(context, portal, locale);
      await eachLook(looks, page, portal, async (look) => {
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
          const file = path.join(FOLDER, locale, colorScheme, `${look.name}-${width}.png`);
          await page.screenshot({ path: file, fullPage: look.name !== 'menu-open', animations: 'disabled' });
        }
        await page.setViewportSize({ width: 1280, height: 800 });
      });
    });
  }
}
