// Nobody learns whether an ID number is known: status, headers and body are the same for known and unknown, on every road.
import { comparable } from '../support/alike.ts';
import { endResendWait } from '../support/database.ts';
import { ask, cookie, type Raw } from '../support/http.ts';
import { expect, test, type Portal } from '../support/test.ts';

type Step = (number: string, portal: Portal) => Promise<Raw[]>;

const html = { accept: 'text/html', 'accept-language': 'en' };

const byForm: Step = async (number, portal) => {
  const asked = await ask(`${portal.origin}/sign-in`, { headers: html, form: { id_type: 'il_id', id_number: number, next: '' } });
  const headers = { ...html, cookie: `__Host-flow=${cookie(asked, '__Host-flow') ?? ''}` };
  const at = `${portal.origin}/sign-in/code`;
  const steps = [asked, await ask(at, { headers }), await ask(at, { headers, form: { resend: '1' } })];
  // Six tries: four that leave some, the one that kills the code, and one after.
  for (let tries = 0; tries < 6; tries += 1) steps.push(await ask(at, { headers, form: { code: '000000' } }));
  steps.push(await ask(at, { headers }));
  return steps;
};

const byPage: Step = async (number, portal) => {
  const asked = await ask(`${portal.origin}/api/page/sign-in`, { headers: html, json: { form: { id_type: 'il_id', id_number: number, next: '' } } });
  const headers = { ...html, cookie: `__Host-flow=${cookie(asked, '__Host-flow') ?? ''}` };
  const at = `${portal.origin}/api/page/sign-in-code`;
  const steps = [asked, await ask(at, { headers, json: { form: { code: '', resend: '1' } } })];
  for (let tries = 0; tries < 6; tries += 1) steps.push(await ask(at, { headers, json: { form: { code: '000000', resend: '' } } }));
  return steps;
};

const byApi: Step = async (number, portal) => {
  const asked = await ask(`${portal.origin}/api/v1/sign-in/code`, { json: { id_number: number } });
  const { flow } = JSON.parse(asked.body.toString()) as { flow: string };
  const steps = [asked];
  for (let tries = 0; tries < 6; tries += 1) {
    steps.push(await ask(`${portal.origin}/api/v1/sign-in/code/verify`, { json: { flow, code: '000000' } }));
  }
  return steps;
};

for (const [road, walk] of Object.entries({ 'the form': byForm, 'the page’s script': byPage, 'the API': byApi })) {
  test(`known and unknown ID numbers are answered alike: ${road}`, async ({ portal }) => {
    const person = portal.somebody();
    const known = await walk(person.id_number, portal);
    const unknown = await walk(portal.nobodysNumber(), portal);
    expect(known[0]?.status, 'the road was walked').toBeLessThan(400);
    expect(await portal.phone(person).code(), 'the known one got a code').toMatch(/^\d{6}$/);
    expect(unknown.map(comparable)).toEqual(known.map(comparable));
    // Their lengths too, but for what varies in length by itself (a number of seconds).
    const lengths = (steps: Raw[]): number[] => steps.map((step) => step.body.length);
    lengths(unknown).forEach((length, at) => {
      expect(Math.abs(length - (lengths(known)[at] ?? 0)), `length of answer ${at}`).toBeLessThanOrEqual(12);
    });
  });
}

test('known and unknown numbers are limited alike: the sixth request within an hour', async ({ portal }) => {
  const sixth = async (number: string): Promise<unknown> => {
    let last: Raw | undefined;
    for (let times = 0; times < 6; times += 1) {
      // Each a wait after the one before.
      if (last) endResendWait(portal, cookie(last, '__Host-flow') ?? '');
      last = await ask(`${portal.origin}/sign-in`, { headers: html, form: { id_number: number } });
    }
    const flow = cookie(last as Raw, '__Host-flow') ?? '';
    const page = await ask(`${portal.origin}/sign-in/code`, { headers: { ...html, cookie: `__Host-flow=${flow}` } });
    return [comparable(last as Raw), comparable(page)];
  };
  const person = portal.somebody();
  expect(await sixth(portal.nobodysNumber())).toEqual(await sixth(person.id_number));
  expect(await portal.phone(person).codes(5)).toHaveLength(5);
});

test('known and unknown numbers wait alike: asked for again at once, from another browser', async ({ portal }) => {
  const walk = async (number: string): Promise<unknown> => {
    const form = { id_type: 'il_id', id_number: number, next: '' };
    for (let times = 0; times < 3; times += 1) await ask(`${portal.origin}/sign-in`, { headers: html, form });
    const again = await ask(`${portal.origin}/sign-in`, { headers: html, form });
    const headers = { ...html, cookie: `__Host-flow=${cookie(again, '__Host-flow') ?? ''}` };
    const at = `${portal.origin}/sign-in/code`;
    const steps = [again, await ask(at, { headers }), await ask(at, { headers, form: { resend: '1' } }), await ask(at, { headers, form: { code: '000000' } })];
    steps.push(await ask(`${portal.origin}/api/v1/sign-in/code`, { json: { id_number: number } }));
    return steps.map(comparable);
  };
  const person = portal.somebody();
  const known = await walk(person.id_number);
  expect(await walk(portal.nobodysNumber())).toEqual(known);
  expect(await portal.phone(person).codes(3), 'three codes, whoever asks how often').toHaveLength(3);
});

test('known and unknown user codes are answered alike, by form and by API', async ({ portal }) => {
  const walk = async (code: string): Promise<Raw[]> => {
    const fields = { user_code: code, password: 'not the password of anybody' };
    const steps: Raw[] = [];
    for (let tries = 0; tries < 3; tries += 1) {
      const form = await ask(`${portal.origin}/sign-in/password`, { headers: html, form: { ...fields, next: '' } });
      // The page repeats the user code that was typed.
      form.body = Buffer.from(form.body.toString().replaceAll(code, '<typed>'));
      steps.push(form, await ask(`${portal.origin}/api/v1/sign-in/password`, { json: fields }));
    }
    return steps;
  };
  const known = (await walk(portal.somebody().user_code)).map(comparable);
  expect((await walk(portal.nobodysUserCode())).map(comparable)).toEqual(known);
});
