// Every page in four languages, each visited once and looked at in every way that matters (support/onlooker.ts).
// PostgreSQL's pages are the same but for what they show, so that axe alone looks at them.
import { Onlooker } from '../../support/onlooker.ts';
import { LOOKS, choose, eachLook } from '../../support/pages.ts';
import { esiaPort } from '../../support/places.ts';
import { originOf } from '../../support/standin.ts';
import { test } from '../../support/test.ts';
import { LOCALES } from '../../support/words.ts';

/** The language whose pages are looked at on PostgreSQL, too; its words are the longest. */
const ON_BOTH = 'ru';

for (const locale of LOCALES) {
  const title = `axe finds nothing and nothing sticks out in ${locale}, light and dark, at every width and size of letters`;
  test(title, { tag: locale === ON_BOTH ? [] : ['@one-database'] }, async ({ page, context, portal, guard }) => {
    test.setTimeout(480_000);
    guard.expects(...LOOKS.flatMap((look) => look.statuses ?? []));
    guard.allowsOrigin(originOf(esiaPort(portal.database, portal.role)));
    const onlooker = await Onlooker.begin(page);
    const care = portal.database === 'postgres' ? { closely: false, widths: false } : undefined;
    await choose(context, portal, locale);
    await eachLook(LOOKS, page, portal, (look) => onlooker.lookAt(look.name, locale, care));
  });
}
