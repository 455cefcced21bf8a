-- The same fold as `search_fold` in crates/domain/src/values/search_fold.rs, which documents it; a test compares both
-- for every character. The release before this one folds its terms by this function too, so its searches continue to
-- work.
DO $migration$
BEGIN
    EXECUTE format($create$
        CREATE OR REPLACE FUNCTION search_fold(content text) RETURNS text
            LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $fold$
        DECLARE
            folded text;
        BEGIN
            -- Of ASCII, arrows and Hangul syllables each character has but one form, its case apart.
            IF content COLLATE "C" !~ '[^\u0001-\u007f\u2192\uac00-\ud7a3]' THEN
                RETURN lower(content COLLATE "C");
            END IF;
            folded := lower(normalize(content, NFD) COLLATE %1$I);
            -- Mostly it is accents of Latin and Greek letters that are left to fold.
            IF folded COLLATE "C" !~ '(^|[^a-z\u00df-\u02af\u0370-\u03ff\u1e00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab64'
                '\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff])[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff]'
                '|[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f'
                '\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
                '\U000e0000-\U000e0fff'
                '\u00b5\u00df\u00e6\u00f0\u00f8\u00fe\u0111\u0127\u0131\u0142\u0149\u0153\u0167\u017f\u0345\u03c2\u03d0\u03d1'
                '\u03d5\u03d6\u03f0\u03f1\u03f5\u0587\u1c80-\u1c88\u1e9a\ufb00-\ufb06\ufb13-\ufb17]'
            THEN
                folded := regexp_replace(folded COLLATE "C", '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff]+', '', 'g');
            ELSE
                -- Default ignorable code points.
                folded := normalize(regexp_replace(folded COLLATE "C",
                    '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f'
                    '\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
                    '\U000e0000-\U000e0fff]', '', 'g'), NFD);
                -- Where case folding is not lower case; and Latin letters that are written as their plain relatives.
                folded := translate(folded COLLATE "C",
                    E'\u00b5\u017f\u0345\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5'
                    '\u1c80\u1c81\u1c82\u1c83\u1c84\u1c85\u1c86\u1c87\u1c88'
                    '\u00f8\u0142\u0111\u00f0\u0127\u0167\u0131',
                    E'\u03bcs\u03b9\u03c3\u03b2\u03b8\u03c6\u03c0\u03ba\u03c1\u03b5'
                    '\u0432\u0434\u043e\u0441\u0442\u0442\u044a\u0463\ua64b'
                    'olddhti');
                folded := replace(folded, E'\u00df', 'ss');
                folded := replace(folded, E'\u00e6', 'ae');
                folded := replace(folded, E'\u00fe', 'th');
                folded := replace(folded, E'\u0149', E'\u02bcn');
                folded := replace(folded, E'\u0153', 'oe');
                folded := replace(folded, E'\u0587', E'\u0565\u0582');
                folded := replace(folded, E'\u1e9a', E'a\u02be');
                folded := replace(folded, E'\ufb00', 'ff');
                folded := replace(folded, E'\ufb01', 'fi');
                folded := replace(folded, E'\ufb02', 'fl');
                folded := replace(folded, E'\ufb03', 'ffi');
                folded := replace(folded, E'\ufb04', 'ffl');
                folded := replace(folded, E'\ufb05', 'st');
                folded := replace(folded, E'\ufb06', 'st');
                folded := replace(folded, E'\ufb13', E'\u0574\u0576');
                folded := replace(folded, E'\ufb14', E'\u0574\u0565');
                folded := replace(folded, E'\ufb15', E'\u0574\u056b');
                folded := replace(folded, E'\ufb16', E'\u057e\u0576');
                folded := replace(folded, E'\ufb17', E'\u0574\u056d');
                -- Marks of other scripts stay.
                folded := regexp_replace(folded COLLATE "C",
                    '([a-z\u00df-\u02af\u0370-\u03ff\u1e00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab64])'
                    '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff]+', '\1', 'g');
            END IF;
            IF folded COLLATE "C" !~ '[^\u0001-\u007f\u2192]' THEN
                RETURN folded;
            END IF;
            RETURN normalize(folded, NFC);
        END
        $fold$
    $create$,
    -- ICU folds every script in any database; a server without ICU folds as the database's own locale does.
    CASE WHEN EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') THEN 'und-x-icu' ELSE 'default' END);
END
$migration$;

-- The index of the audit trail is rebuilt at once, because entries cannot be changed one by one. Changes wait for it.
DO $$
DECLARE
    -- The definition names the operator class with its schema, independent of the search path.
    definition CONSTANT text := pg_get_indexdef(to_regclass('idx_audit_logs_search'));
BEGIN
    IF definition IS NOT NULL THEN
        DROP INDEX idx_audit_logs_search;
        EXECUTE definition;
        -- The statistics of the planner were deleted with the old index.
        ANALYZE audit_logs;
    END IF;
END
$$;

-- users.search_text is generated: every write of user_id, email or name folds it. The application writes the users from
-- before this migration once, in batches. This table has the last id of a batch, and no row when all are folded.
CREATE TABLE search_refold (
    after_id bigint NOT NULL
);
INSERT INTO search_refold (after_id) VALUES (-9223372036854775808);
