// A page as assistive technology reads it: the browser's own accessibility tree, without what it leaves out.
import type { Page } from '@playwright/test';

export interface Read {
  role: string;
  name: string;
  description: string;
  properties: Record<string, unknown>;
  inside: Read[];
}

const text = (value: unknown): string => (typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : '');

/** The whole page. */
export async function readAloud(page: Page): Promise<Read[]> {
  const browser = await page.context().newCDPSession(page);
  const { nodes } = await browser.send('Accessibility.getFullAXTree');
  await browser.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  type Node = (typeof nodes)[number];
  const below = (node: Node): Read[] => (node.childIds ?? []).flatMap((id) => byId.get(id) ?? []).flatMap(read);
  const read = (node: Node): Read[] =>
    node.ignored
      ? below(node)
      : [{
          role: text(node.role?.value),
          name: text(node.name?.value),
          description: text(node.description?.value),
          properties: Object.fromEntries((node.properties ?? []).map(({ name, value }) => [name, value.value])),
          inside: below(node),
        }];
  return nodes.filter((node) => node.parentId === undefined).flatMap(read);
}

/** Everything of a role, but nothing inside of what was found. */
export function all(read: Read[], role: string): Read[] {
  return read.flatMap((one) => (one.role === role ? [one] : all(one.inside, role)));
}
