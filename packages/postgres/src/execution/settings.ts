import type { Session } from '../client/session.ts';

/**
 * Runs statements with settings of the server, inside a transaction. Afterwards the settings are as before: the
 * transaction may be the user's, and go on. If a statement fails, the savepoint or the transaction undoes them.
 */
export async function withSettings<T>(
  session: Session,
  settings: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const names = Object.keys(settings);
  // A setting that the server does not know is left alone: `set_config` would fail.
  const { rows } = await session.query(
    'SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY ($1::text[])',
    [`{${names.map((name) => `"${name}"`).join()}}`],
  );
  const set = 'SELECT set_config($1, $2, true)';
  for (const [name] of rows) await session.query(set, [name as string, settings[name as string] as string]);
  const result = await work();
  for (const [name, before] of rows) await session.query(set, [name as string, before as string]);
  return result;
}
