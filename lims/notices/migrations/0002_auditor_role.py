
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notices', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='historicalnotice',
            name='role',
            field=models.CharField(blank=True, choices=[('technician', 'Technician'), ('supervisor', 'Production supervisor'), ('analyst', 'QC analyst'), ('qa', 'QA'), ('clinician', 'Clinician'), ('administrator', 'Administrator'), ('auditor', 'Auditor')], max_length=20, verbose_name='for the role'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='role',
            field=models.CharField(blank=True, choices=[('technician', 'Technician'), ('supervisor', 'Production supervisor'), ('analyst', 'QC analyst'), ('qa', 'QA'), ('clinician', 'Clinician'), ('administrator', 'Administrator'), ('auditor', 'Auditor')], max_length=20, verbose_name='for the role'),
        ),
    ]
